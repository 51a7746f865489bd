import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { examinationMark, isExamined } from '../../src/model/examination.ts';
import { readFleet } from '../../src/state/fleet.ts';
import { readJournal } from '../../src/state/journal.ts';
import { createSightings } from '../../src/state/sightings.ts';
import { parsePacket, writeAck, writeRequest } from '../../src/tftp/packet.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const mark = { [examinationMark]: '1' };
const site = siteOf([{ port: 5060 }], 'notify: { mode: off }');
const stateOf = ({ state, out }: Project) => readFleet({ state, out, now: Date.now() })?.[0];

/** Where a daemon that is started anew would believe that phones are. */
function seenIn({ state }: Project): (string | undefined)[] {
  const journal = readJournal({ folder: state })!;
  onTestFinished(journal.close);
  return createSightings(journal.seen())
    .all()
    .map(({ address }) => address);
}

/** The whole of a small file over TFTP, marked. */
function rrqMarked(port: number, path: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const socket = createSocket('udp4');
  socket.on('message', (datagram, from) => {
    const packet = parsePacket(datagram);
    if (packet.kind !== 'data') return;
    socket.send(writeAck(packet.block), from.port, from.address, () => socket.close());
    resolve(packet.bytes);
  });
  socket.send(
    writeRequest({ method: 'RRQ', path, mode: 'octet', options: [[examinationMark, '1']] }),
    port,
    '127.0.0.1',
  );
  return promise;
}

test.each([0, 1])(
  'a fetch with the mark of an examination is served and logged, and is no fetch of the device (%i workers)',
  async (workers) => {
    const project = createProject(site);
    const daemon = await startDaemon(project, { workers });
    const own = `${macOf(1)}.cfg`;
    const headers = { ...mark, 'User-Agent': `Acme A1 1.2.3 ${macOf(1)}` };
    expect(await daemon.get(`/${own}`, { headers })).toMatchObject({ status: 200, text: project.outText(own) });
    expect((await rrqMarked(daemon.tftpPort, own)).toString()).toBe(project.outText(own));
    await until('both', () => daemon.fetches().length === 2);
    for (const fact of daemon.fetches()) {
      expect(fact).toMatchObject({ file: own, status: 200, complete: true });
      expect([fact.device, fact.revision, isExamined(fact)]).toEqual([macOf(1), undefined, true]);
    }
    // Refused, too, it says nothing of the phone.
    expect((await daemon.get(`/${macOf(1)}.xml`, { headers })).status).toBe(404);
    await until('all three', () => daemon.fetches().length === 3);
    expect(stateOf(project)).toMatchObject({
      state: 'unseen',
      address: undefined,
      reason: 'has never asked for anything',
    });
    expect(seenIn(project)).toEqual([]);
    await daemon.get(`/${own}`);
    await until('current', () => stateOf(project)?.state === 'current');
    await daemon.get(`/${own}`, { headers, from: '127.0.0.9' });
    await until('all five', () => daemon.fetches().length === 5);
    expect(stateOf(project)).toMatchObject({ state: 'current', address: '127.0.0.1' });
    expect(seenIn(project)).toEqual(['127.0.0.1']);
  },
);

test('an examination with the token of a device does not spend its bootstrap token', async () => {
  const tokens = { own: 'token-of-the-device-1', first: 'token-of-the-box-1234' };
  const project = createProject(
    siteOf(
      [{ port: 5060 }],
      `notify: { mode: off }\ndefaults: { access: { token: ${tokens.own}, bootstrap_token: ${tokens.first} } }`,
    ),
  );
  project.edit(
    'templates/acme/vendor.yml',
    /^files:/m,
    'bootstrap: [{ name: "{mac}.cfg", template: first.njk }]\nfiles:',
  );
  project.write('templates/acme/first.njk', 'url = {{ server.url }}/\n');
  const daemon = await startDaemon(project);
  const path = (token: string) => `/t/${token}/${macOf(1)}.cfg`;
  expect((await daemon.get(path(tokens.own), { headers: mark })).status).toBe(200);
  expect((await daemon.get(path(tokens.first))).status).toBe(200);
  expect((await daemon.get(path(tokens.own))).status).toBe(200);
  expect((await daemon.get(path(tokens.first))).status).toBe(404);
});
