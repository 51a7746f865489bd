import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLookup } from '../../../src/serving/lookup.ts';
import { createOut, type Out } from '../support/out.ts';
import { openUploads, phone } from './room.ts';

let out: Out;
beforeEach(async () => {
  out = await createOut();
});
afterEach(() => out.remove());

const create = () => {
  const { put, uploads } = openUploads();
  const lookup = createLookup({ out: out.folder, index: () => out.index, uploads: uploads.find });
  return { put, lookup };
};

test('a phone gets its own file back where out/ has none of the name', async () => {
  const { put, lookup } = create();
  expect(await lookup(`/${phone}-phone.cfg`)).toMatchObject({ status: 404, reason: 'no such file in out/' });
  await put(`/${phone}-phone.cfg`, 'mine');
  expect(await lookup(`/${phone}-phone.cfg`)).toMatchObject({ bytes: Buffer.from('mine'), device: phone });
});

test('what a build wrote, and what people put into out/, wins over what a phone sent', async () => {
  const { put, lookup } = create();
  for (const name of ['directory.xml', 'phone.cfg']) await put(`/${phone}-${name}`, 'mine');
  await out.build(`${phone}-directory.xml`, 'of the build', phone);
  await out.put(`${phone}-phone.cfg`, 'of people');
  expect(await lookup(`/${phone}-directory.xml`)).toMatchObject({ bytes: Buffer.from('of the build') });
  expect(await lookup(`/${phone}-phone.cfg`)).toMatchObject({ size: 'of people'.length });
});
