import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { createTftpServer } from '../../../src/serving/tftp/server.ts';
import { receiveBufferSentence } from '../../../src/serving/tftp/sockets.ts';
import { writeAck, writeRequest } from '../../../src/tftp/packet.ts';
import { randomBytes } from '../../support/random.ts';
import { fetchTftp } from '../../support/tftp-fetch.ts';
import { lookupIn, startTftpSite } from '../../support/tftp-site.ts';
import { openUdp } from '../../support/udp-socket.ts';

const file = randomBytes(5000, 2);
const request = writeRequest({ method: 'RRQ', path: 'a', mode: 'octet', options: [] });
const silentLog = createLog(() => {});

describe('start', () => {
  test('tells the address and the port that it got', async () => {
    const server = serverOn({});
    onTestFinished(server.stop);
    const { address, port } = await server.start();
    expect(address).toBe('127.0.0.1');
    expect(await fetchTftp({ port, path: 'a' })).toEqual(file);
  });

  test('takes the name of a host', async () => {
    const server = serverOn({ host: 'localhost' });
    onTestFinished(server.stop);
    expect((await server.start()).address).toMatch(/^(127\.0\.0\.1|::1)$/);
  });

  test('refuses a port that another program has, in a sentence', async () => {
    const site = await startTftpSite({});
    onTestFinished(site.stop);
    const sentence = `TFTP cannot listen on UDP port ${site.port} of 127.0.0.1: another program has it`;
    await expect(serverOn({ port: site.port }).start()).rejects.toThrow(sentence);
  });

  test('refuses an address that this machine does not have, in a sentence', async () => {
    await expect(serverOn({ host: '192.0.2.1' }).start()).rejects.toThrow('this machine has no such address');
  });

  test('can be tried again after a refusal', async () => {
    const site = await startTftpSite({});
    const server = serverOn({ port: site.port });
    onTestFinished(server.stop);
    await expect(server.start()).rejects.toThrow();
    await site.stop();
    expect((await server.start()).port).toBe(site.port);
    await expect(server.start()).rejects.toThrow('runs already');
  });

  const privileged = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 69;
  test.skipIf(!privileged || process.getuid?.() !== 0)(
    'says what to do when this user may not bind port 69 (needs root, to become a user who may not)',
    async () => {
      const said = await runAsNobody(new URL('../../support/tftp-unprivileged.ts', import.meta.url).pathname);
      expect(said).toContain(
        'TFTP cannot listen on UDP port 69 of 127.0.0.1: this user may not bind a port below 1024',
      );
      for (const remedy of [
        'setcap cap_net_bind_service',
        'AmbientCapabilities',
        'ip_unprivileged_port_start',
        '--tftp-port',
      ])
        expect(said).toContain(remedy);
    },
  );
});

describe('the receive buffer', () => {
  test('that the kernel cut down is one line in the log with the remedy', async () => {
    const site = await startTftpSite({}, { receiveBuffer: 2 ** 30 });
    onTestFinished(site.stop);
    expect(site.log).toHaveLength(1);
    expect(site.log[0]).toContain(`Set sysctl net.core.rmem_max=${2 ** 30}`);
  });

  test('is read as Linux tells it, twice as large, and as others do', () => {
    expect(receiveBufferSentence(8_388_608, 4_194_304, 'linux')).toBeUndefined();
    expect(receiveBufferSentence(4_194_304, 4_194_304, 'darwin')).toBeUndefined();
    expect(receiveBufferSentence(425_984, 4_194_304, 'linux')).toContain('of 4194304 bytes and got 212992');
  });
});

describe('over IPv6', () => {
  test('serves, and records the address', async () => {
    const site = await startTftpSite({ a: file }, { host: '::1' });
    onTestFinished(site.stop);
    expect(await fetchTftp({ port: site.port, path: 'a', address: '::1', options: { windowsize: 4 } })).toEqual(file);
    expect(await site.recorded(1)).toMatchObject([{ address: '::1', complete: true }]);
  });

  test('serves IPv4 from the same socket', async () => {
    const site = await startTftpSite({ a: file }, { host: '::' });
    onTestFinished(site.stop);
    expect(await fetchTftp({ port: site.port, path: 'a' })).toEqual(file);
    expect(await site.recorded(1)).toMatchObject([{ address: '127.0.0.1', complete: true }]);
  });
});

describe('stop', () => {
  test('lets a transfer under way finish and takes no new one', async () => {
    const site = await startTftpSite({ a: file });
    const [first, second] = [openUdp(), openUdp()];
    onTestFinished(() => {
      first.close();
      second.close();
    });
    first.send(request, site.port);
    await first.next();
    const stopping = site.stop();
    second.send(request, site.port);
    for (let block = 1; block <= 10; block++) {
      first.send(writeAck(block), site.port);
      if (block < 10) await first.next();
    }
    await stopping;
    expect(site.facts).toMatchObject([{ complete: true, bytes: 5000 }]);
    expect(await second.after(0)).toEqual([]);
  });

  test('cuts off what does not finish in the grace time, and records it', async () => {
    const site = await startTftpSite({ a: file }, { limits: { grace: 30 } });
    const client = openUdp();
    onTestFinished(client.close);
    client.send(request, site.port);
    await client.next();
    await site.stop();
    expect(site.facts).toMatchObject([{ complete: false, reason: 'the server stopped' }]);
  });

  test('may come twice, or before the start', async () => {
    const server = serverOn({});
    await server.stop();
    await server.start();
    await Promise.all([server.stop(), server.stop()]);
  });
});

test('several servers share a port, each with the transfers that the kernel gives it', async () => {
  const first = serverOn({ reusePort: true });
  const { port } = await first.start();
  const second = serverOn({ reusePort: true, port });
  onTestFinished(async () => void (await Promise.all([first.stop(), second.stop()])));
  await second.start();
  const fetched = await Promise.all(Array.from({ length: 20 }, () => fetchTftp({ port, path: 'a' })));
  expect(fetched.every((bytes) => bytes.equals(file))).toBe(true);
});

test('a record that fails costs a line in the log, and no transfer', async () => {
  const record = () => {
    throw new Error('the journal is full');
  };
  const site = await startTftpSite({ a: file }, { record });
  onTestFinished(site.stop);
  for (let i = 0; i < 3; i++) expect(await fetchTftp({ port: site.port, path: 'a' })).toEqual(file);
  await site.stop();
  expect(site.log).toHaveLength(1);
  expect(site.log[0]).toContain('the journal is full');
});

function serverOn(options: { host?: string; port?: number; reusePort?: boolean }) {
  const lookup = lookupIn({ a: file });
  return createTftpServer({ host: '127.0.0.1', port: 0, lookup, record: () => {}, log: silentLog, ...options });
}

/** Runs a script that gives up root itself, once its modules are loaded. */
async function runAsNobody(script: string): Promise<string> {
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  return Buffer.concat(await child.stdout.toArray()).toString();
}
