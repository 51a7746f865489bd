import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventTypes } from '../../src/model/live-event.ts';
import { Secret } from '../../src/model/secret.ts';
import { createReceiver } from '../../src/webhooks/post.ts';
import { signedHeaders } from '../../src/webhooks/sign.ts';
import { repository } from '../support/loading.ts';
import { peer } from '../support/peer.ts';

const manual = readFileSync(join(repository, 'docs/events.md'), 'utf8');
const [, program = ''] = /^```python\n(.*?)^```$/ms.exec(manual) ?? [];
const secret = 'the secret of the portal';

/** The receiver of the manual, as it stands there. */
async function startExample() {
  const python = spawn('python3', ['-c', program], {
    env: { ...process.env, PORTAL_SECRET: secret, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void python.kill('SIGKILL'));
  const lines: string[] = [];
  const output = createInterface({ input: python.stdout });
  output.on('line', (line) => lines.push(line));
  await once(output, 'line');
  const port = Number(lines.shift()?.split(' ').at(-1));
  return { port, lines };
}

const python3 = peer('python3', 'python3');

describe.skipIf(python3.missing)(`the manual of events (${python3.sentence})`, () => {
  test('has a receiver that takes what is signed once, and refuses what was changed, is old or is not signed', async () => {
    const { port, lines } = await startExample();
    const receiver = createReceiver({ url: `http://127.0.0.1:${port}/`, timeout: 20_000 });
    onTestFinished(receiver.close);
    const body = JSON.stringify({ id: 7, event: 'phone.registered', data: { extension: '1001' } });
    const post = (text: string, more: { at?: number; of?: string; by?: string } = {}) => {
      const { at = Date.now(), of = text, by = secret } = more;
      const headers = signedHeaders(new Secret(by), { id: '7', at, body: of });
      return receiver.post(text, { ...headers }, new AbortController().signal);
    };
    expect(await post(body)).toEqual({ taken: true });
    expect(await post(body)).toEqual({ taken: true });
    const refused = { taken: false, reason: 'answered 401' };
    expect(await post(body.replace('1001', '1002'), { of: body })).toMatchObject(refused);
    expect(await post(body, { at: Date.now() - 600_000 })).toMatchObject(refused);
    expect(await post(body, { by: 'another' })).toMatchObject(refused);
    expect(await receiver.post(body, {}, new AbortController().signal)).toMatchObject({ reason: 'answered 400' });
    expect(lines).toEqual(['phone.registered 1001']);
  });

  test('names every type of event', () => {
    expect(eventTypes.filter((type) => !manual.includes(`| \`${type}\` |`))).toEqual([]);
  });
});
