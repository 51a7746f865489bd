import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../test/support/random.ts';
import type { Flooding, FloodOrder } from './flood.ts';
import { createFindings, type Outcome } from './outcome.ts';
import { descriptorKinds, descriptorsOf, settledDescriptors } from './proc.ts';
import { streamed } from './site.ts';
import { checkDaemon, checkPhones, type Target } from './target.ts';

const sentence = 'many sockets of one address starve nobody';

export interface SocketsOptions {
  readonly sockets: number;
  readonly seed: number;
}

/** While one address holds very many sockets, phones of others are served; when it lets go, nothing is left of it. */
export async function manySocketsOfOneAddressStarveNobody(target: Target, options: SocketsOptions): Promise<Outcome> {
  const { sockets, seed } = options;
  const { daemon } = target;
  const findings = createFindings();
  const random = createRandom(seed);
  const before = await settledDescriptors(daemon.pid);
  const order: FloodOrder = { sockets, from: '127.77.0.1', http: daemon.http, tftp: daemon.tftp, path: streamed.name };
  const flood = fork(resolve(import.meta.dirname, 'flood.ts'), [JSON.stringify(order)], { execArgv: [] });
  const ended = once(flood, 'exit');
  const opening = Promise.race([once(flood, 'message'), ended.then(() => [undefined])]);
  let good = 0;
  const check = async (when: string) => {
    good += await checkPhones(target, { findings, random, count: 4, when });
  };
  await check('while the sockets are opened');
  const [flooding] = (await opening) as [Flooding | undefined];
  if (flooding === undefined) throw new Error('the process that opens the sockets has ended');
  await check(`while ${flooding.opened} sockets are open`);
  flood.send('end');
  await ended;
  await check('when they are gone');
  const left = await lowest(daemon.pid, before);
  if (left > before) findings.violate(`${left} descriptors, ${before} before: ${descriptorKinds(daemon.pid)}`);
  checkDaemon(target, {
    findings,
    when: 'after many sockets',
    borne: / warn | HTTP has as many connections as it bears/,
  });
  const { opened, answered } = flooding;
  return findings.outcome(sentence, {
    'sockets of one address': opened,
    'transfers begun': answered.tftp,
    'connections answered': answered.http,
    'good transfers': good,
  });
}

/** What is left of descriptors when transfers that nobody goes on with have been given up. */
async function lowest(pid: number, wanted: number): Promise<number> {
  const end = performance.now() + 60_000;
  while (descriptorsOf(pid) > wanted && performance.now() < end) await sleep(100);
  return descriptorsOf(pid);
}
