/**
 * Run under `ulimit -n 64`: a TFTP server gets requests for small files and for streamed ones when not one descriptor
 * is left, then once more when there are some. Prints what became of them.
 */
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { writeAck, writeRequest } from '../../src/tftp/packet.ts';
import { fetchTftp } from './tftp-fetch.ts';
import { startTftpSite } from './tftp-site.ts';
import { openUdp, type UdpSocket } from './udp-socket.ts';

const path = new URL(import.meta.url).pathname;
const streamed = { file: 'firmware', size: 1, modified: new Date(0), open: () => open(path) };
const site = await startTftpSite({ small: Buffer.from('small'), firmware: streamed });
const client = openUdp();
const another = openUdp();

const taken: number[] = [];
try {
  for (;;) taken.push(openSync(path, 'r'));
} catch {}

const ask = (from: UdpSocket, name: string) =>
  from.send(writeRequest({ method: 'RRQ', path: name, mode: 'octet', options: [] }), site.port);
let small = 0;
for (let i = 0; i < 400; i++) {
  ask(client, 'small');
  if (String((await client.next()).packet.subarray(4)) === 'small') small++;
  client.send(writeAck(1), site.port);
}
await site.recorded(400);
for (let i = 0; i < 60; i++) {
  ask(another, 'firmware');
  await another.next();
}
const refused = (await site.recorded(460)).slice(400);
for (const descriptor of taken) closeSync(descriptor);
const again = await fetchTftp({ port: site.port, path: 'firmware' });

const afterwards = again.includes('Run under') ? 'firmware' : String(again);
const status = [...new Set(refused.map(({ status }) => status))];
process.stdout.write(JSON.stringify({ small, streamed: { refused: refused.length, status }, afterwards }));
client.close();
another.close();
await site.stop();
