import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../test/support/random.ts';
import { createFindings, type Findings, type Outcome } from './outcome.ts';
import { fetch } from './phone.ts';
import { descriptorsOf, settledDescriptors } from './proc.ts';
import { checkPhones, startTarget, type Target } from './target.ts';

const sentence = 'without descriptors it refuses, says so, and recovers';

export interface DescriptorsOptions {
  readonly seed: number;
  /** How often they are used up. */
  readonly times: number;
  readonly workers?: number;
}

/** More connections than the daemon has descriptors, and an edit at the same time; all is well when they are gone. */
export async function withoutDescriptorsItRefusesAndRecovers(options: DescriptorsOptions): Promise<Outcome> {
  const { seed, times, workers = 0 } = options;
  const limit = 64 + 16 * workers;
  const findings = createFindings();
  const random = createRandom(seed);
  await using target = await startTarget(6, { descriptors: limit, workers });
  const { daemon } = target;
  const figures = { 'times used up': 0, 'connections held': 0, 'lines that say so': 0, 'good transfers': 0 };
  const before = await settledDescriptors(daemon.pid);
  for (let time = 1; time <= times; time++) {
    const held = await useUp(target, limit);
    if (descriptorsOf(daemon.pid) < limit - 1)
      findings.violate(`${descriptorsOf(daemon.pid)} of ${limit} descriptors are used`);
    figures['times used up']++;
    figures['connections held'] += held.length;
    await stillAnswers(target, findings);
    target.site.write('devices.yml', target.site.textOf(time));
    await sleep(1500);
    for (const socket of held) socket.resetAndDestroy();
    const lines = daemon.log.troubles();
    const clear = lines.filter((line) => / error HTTP .*descriptor/.test(line));
    figures['lines that say so'] += clear.length;
    if (lines.length > mostLines) findings.violate(`${lines.length} lines of trouble`);
    await recovers(target, { findings, generation: time });
    figures['good transfers'] += target.site.filesOf(time).size * 2;
  }
  // Not more than one every ten seconds.
  if (figures['lines that say so'] === 0) findings.violate('no line says that connections are closed unanswered');
  target.site.write('devices.yml', target.site.textOf(0));
  await recovers(target, { findings, generation: 0 });
  figures['good transfers'] += await checkPhones(target, { findings, random, count: 4, when: 'in the end' });
  if (!(await isBackTo(before, daemon.pid)))
    findings.violate(`${descriptorsOf(daemon.pid)} descriptors, ${before} before`);
  if (daemon.ended() !== undefined) findings.violate(`the daemon ended (${daemon.ended()}):\n${daemon.log.tail()}`);
  return findings.outcome(sentence, figures);
}

/** That something is wrong is said a few times, not at each connection. */
const mostLines = 40;

/** Connections that say nothing, more of them than there is room for. */
async function useUp({ daemon }: Target, limit: number): Promise<Socket[]> {
  const held: Socket[] = [];
  for (let index = 0; index < limit * 2; index++) {
    const socket = connect({ port: daemon.http, host: '127.0.0.1', localAddress: '127.3.0.1' });
    socket.on('error', () => {});
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    held.push(socket);
  }
  await sleep(500);
  return held;
}

/** What is in memory is given even now; what cannot be read is refused, not left without an answer. */
async function stillAnswers({ daemon, site }: Target, findings: Findings): Promise<void> {
  for (const path of [...site.filesOf(0).keys()].slice(0, 3)) {
    const got = await fetch.tftp({ port: daemon.tftp, path, patience: 10_000 }).catch(String);
    if (typeof got === 'string' && !got.includes('ERROR'))
      findings.violate(`without descriptors, ${path} over tftp: ${got}`);
  }
}

async function isBackTo(descriptors: number, pid: number): Promise<boolean> {
  const end = performance.now() + 20_000;
  while (descriptorsOf(pid) > descriptors && performance.now() < end) await sleep(50);
  return descriptorsOf(pid) <= descriptors;
}

interface Recovery {
  readonly findings: Findings;
  readonly generation: number;
}

/** The edit that was made meanwhile comes through, without another one. */
async function recovers({ daemon, site }: Target, { findings, generation }: Recovery): Promise<void> {
  const end = performance.now() + 30_000;
  let wrong: string[] = [];
  do {
    wrong = [];
    for (const [path, bytes] of site.filesOf(generation))
      for (const protocol of ['http', 'tftp'] as const) {
        const got = await fetch[protocol]({ port: daemon[protocol], path, patience: 5000 }).catch(String);
        if (typeof got === 'string') wrong.push(`${path} over ${protocol}: ${got}`);
        else if (!got.equals(bytes)) wrong.push(`${path} over ${protocol}: not of the edit that was made meanwhile`);
      }
    if (wrong.length > 0) await sleep(500);
  } while (wrong.length > 0 && performance.now() < end && daemon.ended() === undefined);
  for (const what of wrong) findings.violate(`30 s after descriptors were free again, ${what}`);
}
