import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TftpServerOptions } from '../../../src/serving/tftp/server.ts';
import { blockOf, opcodeOf, opcodes, writeAck, writeError, writeRequest } from '../../../src/tftp/packet.ts';
import { randomBytes } from '../../support/random.ts';
import { type StreamedFile, streamedFile } from '../../support/streamed-file.ts';
import { fetchTftp } from '../../support/tftp-fetch.ts';
import { type Files, startTftpSite } from '../../support/tftp-site.ts';
import { tftpWays } from '../../support/tftp-ways.ts';
import { openUdp, type UdpSocket } from '../../support/udp-socket.ts';

/** What ended, stalled or misled the TFTP servers that were tried; ours is asked for a file again after each. */

const file = randomBytes(17 * 512 - 100, 3);
const request = writeRequest({ method: 'RRQ', path: 'phone.cfg', mode: 'octet', options: [] });

describe.each(tftpWays)('answered from $way', ({ options }) => {
  test('datagrams of no byte, one byte and three bytes change nothing, on no port of ours', async () => {
    const { site, client } = await begin(options);
    client.send(request, site.port);
    const { port } = await client.next();
    for (const bytes of ['', '\0', '\0\x04\0', '\0\0\0\x01'])
      for (const target of [site.port, port]) client.send(Buffer.from(bytes, 'latin1'), target);
    await site.stillServes();
  });

  test('junk, option answers, overlong requests and half an ERROR change nothing', async () => {
    const { site, client } = await begin(options);
    client.send(request, site.port);
    const { port } = await client.next();
    const overlong = (length: number) => Buffer.concat([request.subarray(0, 2), Buffer.alloc(length, 'a')]);
    const oack = Buffer.from('\0\x06blksize\x008\0');
    for (const packet of [
      overlong(600),
      overlong(60_000),
      oack,
      Buffer.from('\0\x05\0', 'latin1'),
      randomBytes(1500, 1),
    ])
      for (const target of [site.port, port]) client.send(packet, target);
    await site.stillServes();
  });

  test('an ACK from another port or an ERROR from there moves and ends nothing', async () => {
    const { site, client } = await begin(options);
    const intruder = open();
    client.send(request, site.port);
    const first = await client.next();
    intruder.send(writeAck(1), first.port);
    intruder.send(writeError('disk-full'), first.port);
    expect(opcodeOf((await intruder.next()).packet)).toBe(opcodes.error);
    expect(await finish(client, first.port, blockOf(first.packet))).toEqual(sequence(2, 17));
    expect(await intruder.after(0)).toEqual([]);
    await site.stillServes();
  });

  test('with every ACK sent twice, each block is sent once', async () => {
    const { site, client } = await begin(options);
    client.send(request, site.port);
    const { port } = await client.next();
    const blocks = [1];
    while (blocks.at(-1) !== 17) {
      for (const _ of [1, 2]) client.send(writeAck(blocks.at(-1) ?? 0), port);
      blocks.push(blockOf((await client.next()).packet));
    }
    for (const _ of [1, 2]) client.send(writeAck(17), port);
    expect(blocks).toEqual(sequence(1, 17));
    expect(await client.after(50)).toEqual([]);
    await site.stillServes();
  });

  test('a request that comes five times from one port makes one transfer', async () => {
    const { site, client } = await begin(options);
    for (let i = 0; i < 5; i++) client.send(request, site.port);
    const { port } = await client.next();
    await client.after(50);
    expect(await finish(client, port, 1)).toEqual(sequence(2, 17));
    expect(await site.recorded(1)).toHaveLength(1);
    await site.stillServes();
  });

  test('an OACK that is acknowledged as block 1, and ACKs out of range, move nothing', async () => {
    const { site, client } = await begin(options);
    const windows = writeRequest({ method: 'RRQ', path: 'phone.cfg', mode: 'octet', options: [['windowsize', '4']] });
    client.send(windows, site.port);
    const { port } = await client.next();
    for (const block of [1, 4, 17, 0x8000, 0xffff]) client.send(writeAck(block), port);
    expect(await client.after(50)).toEqual([]);
    client.send(writeAck(0), port);
    expect(blockOf((await client.next()).packet)).toBe(1);
    await site.stillServes();
  });
});

test('three hundred abandoned requests hold no descriptor each, and the limit makes room', async () => {
  const { site } = await begin({ limits: { perAddress: 100 } });
  const clients = Array.from({ length: 300 }, open);
  const descriptors = readdirSync('/proc/self/fd').length;
  for (const client of clients) client.send(request, site.port);
  const facts = await site.recorded(200);
  expect(readdirSync('/proc/self/fd').length).toBe(descriptors);
  expect(facts.slice(0, 200).every(({ complete, reason }) => !complete && reason?.startsWith('dropped'))).toBe(true);
  await site.stillServes();
});

test('an ACK that comes twice while the disk is read ends nothing', async () => {
  const { served } = await onDisk(file);
  const { site, client } = await begin({ limits: { chunk: 512 } }, { firmware: served });
  client.send(writeRequest({ method: 'RRQ', path: 'firmware', mode: 'octet', options: [] }), site.port);
  const blocks = [blockOf((await client.next()).packet)];
  while (blocks.at(-1) !== 17) {
    for (const _ of [1, 2, 3]) client.send(writeAck(blocks.at(-1) ?? 0), site.port);
    blocks.push(blockOf((await client.next()).packet));
  }
  expect(blocks).toEqual(sequence(1, 17));
  await site.stillServes();
});

test('a file that is cut short while it is sent ends the transfer at once, and the client is told', async () => {
  const { served, path } = await onDisk(file);
  const { site } = await begin({ limits: { chunk: 512, memory: 512 } }, { firmware: served });
  const fetching = fetchTftp({ port: site.port, path: 'firmware', pause: () => truncate(path, 100) });
  await expect(fetching).rejects.toThrow('Try again later');
  const facts = await site.recorded(1);
  expect(facts).toMatchObject([{ complete: false, reason: 'the file was written to while it was being sent' }]);
  await site.stillServes();
});

test('files named like properties of objects are files', async () => {
  const names = ['__proto__', 'constructor', 'toString'];
  const { site } = await begin({}, Object.fromEntries(names.map((name) => [name, Buffer.from(name)])));
  for (const path of names.slice(1)) expect(String(await fetchTftp({ port: site.port, path }))).toBe(path);
  await expect(fetchTftp({ port: site.port, path: 'hasOwnProperty' })).rejects.toThrow('File not found');
  await site.stillServes();
});

test('a write request creates nothing and is told so', async () => {
  const { site, client } = await begin({});
  client.send(writeRequest({ method: 'WRQ', path: 'new.cfg', mode: 'octet', options: [] }), site.port);
  expect((await client.next()).packet).toEqual(writeError('access'));
  await site.stillServes();
});

test('a process without free descriptors answers all the same, and serves again when it has some', async () => {
  const script = new URL('../../support/tftp-few-descriptors.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)('sh', ['-c', `ulimit -n 64; exec "${process.execPath}" "${script}"`]);
  expect(JSON.parse(stdout)).toEqual({ small: 400, streamed: { refused: 60, status: [503] }, afterwards: 'firmware' });
});

async function onDisk(bytes: Buffer): Promise<StreamedFile> {
  const streamed = await streamedFile(bytes);
  onTestFinished(streamed.remove);
  return streamed;
}

interface Hostile {
  site: { port: number; recorded: Awaited<ReturnType<typeof startTftpSite>>['recorded']; stillServes(): Promise<void> };
  client: UdpSocket;
}

async function begin(options: Partial<TftpServerOptions>, files: Files = {}): Promise<Hostile> {
  const site = await startTftpSite(
    { 'phone.cfg': file, ...files },
    { ...options, limits: { grace: 0, ...options.limits } },
  );
  onTestFinished(site.stop);
  const stillServes = async () => {
    expect(await fetchTftp({ port: site.port, path: 'phone.cfg', options: { windowsize: 8 } })).toEqual(file);
    expect(site.log).toEqual([]);
  };
  return { site: { ...site, stillServes }, client: open() };
}

function open(): UdpSocket {
  const socket = openUdp();
  onTestFinished(() => socket.close());
  return socket;
}

/** Acknowledges from a block on; gives the numbers of the blocks that came. */
async function finish(client: UdpSocket, port: number, from: number): Promise<number[]> {
  const blocks: number[] = [];
  for (let block = from; block < 17; ) {
    client.send(writeAck(block), port);
    block = blockOf((await client.next()).packet);
    blocks.push(block);
  }
  client.send(writeAck(17), port);
  return blocks;
}

const sequence = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
