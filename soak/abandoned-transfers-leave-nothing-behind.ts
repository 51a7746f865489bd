import type { Socket as UdpSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { abandonHttp, type Ending, endings, type HttpState, httpStates } from './abandon-http.ts';
import { abandonTftp, tftpStates } from './abandon-tftp.ts';
import { flat } from './flat.ts';
import { createFindings, type Findings, type Outcome } from './outcome.ts';
import { descriptorKinds, descriptorsOf, residentOf, settledDescriptors } from './proc.ts';
import { large, streamed } from './site.ts';
import { checkDaemon, type Target } from './target.ts';

const sentence = 'abandoned transfers leave nothing behind';

export interface AbandonedOptions {
  /** Of each state, and of each way to leave it. */
  readonly each: number;
  /** Seconds: connections that the server closes by itself within this time are left to it, too. */
  readonly patience?: number;
  /** Nothing else is under way on a daemon that is warm: then what is resident can be held against what was before. */
  readonly alone?: boolean;
  /** Told apart from others in the log by the address: 127.88.this.x. */
  readonly lap?: number;
}

/** Transfers that nobody goes on with. */
export interface Abandoned {
  /** Waits until the server has given them up, and looks what is left of them. */
  outcome(): Promise<Outcome>;
}

/** Abandons transfers at every state, of files in memory and of one that is read from disk while it is sent. */
export async function abandonTransfers(target: Target, options: AbandonedOptions): Promise<Abandoned> {
  const { each, patience = 90, alone = false, lap = 0 } = options;
  const findings = createFindings();
  const descriptors = await settledDescriptors(target.daemon.pid);
  const resident = residentOf(target.daemon.pid);
  const address = (index: number) => `127.88.${lap % 250}.${1 + (index % 250)}`;
  const rows = target.daemon.log.count(new RegExp(` info fetch .*address=127\\.88\\.${lap % 250}\\.`));
  const figures = { 'TFTP transfers': 0, 'HTTP connections': 0 };
  const left = { tftp: [] as UdpSocket[], http: [] as Socket[] };
  let fetched = 0;
  const all = pathsOf(target);
  const wanted = httpStates.flatMap((state) =>
    endings.filter((ending) => ending !== 'silence' || state.ends <= patience).map((ending) => ({ state, ending })),
  );
  for (let index = 0; index < each; index++) {
    const from = address(index);
    const path = all[index % all.length]!;
    await failing(findings, async () => {
      const sockets = await Promise.all(
        tftpStates.map((state) => abandonTftp({ port: target.daemon.tftp, path, from }, state)),
      );
      left.tftp.push(...sockets);
      fetched += sockets.length;
    });
    await failing(findings, async () => {
      const port = target.daemon.http;
      const one = ({ state, ending }: Wanted) =>
        abandonHttp({ port, path: pathFor(state, all, index), from }, state, ending);
      left.http.push(...(await Promise.all(wanted.map(one))));
      fetched += wanted.filter(({ state }) => state.fetched).length;
    });
  }
  figures['TFTP transfers'] = left.tftp.length;
  figures['HTTP connections'] = left.http.length;

  return {
    async outcome() {
      await until(() => descriptorsOf(target.daemon.pid) <= descriptors && rows.lines >= fetched);
      const now = descriptorsOf(target.daemon.pid);
      if (now > descriptors)
        findings.violate(`${now} descriptors, ${descriptors} before: ${descriptorKinds(target.daemon.pid)}`);
      if (rows.lines < fetched) findings.violate(`${fetched} answers were begun, and ${rows.lines} are in the log`);
      rows.stop();
      const grown = residentOf(target.daemon.pid) - resident;
      if (alone && grown > flat.rss) findings.violate(`${grown} bytes more are resident than before`);
      for (const socket of left.tftp) socket.close();
      for (const socket of left.http) socket.destroy();
      checkDaemon(target, { findings, when: 'after all were abandoned' });
      return findings.outcome(sentence, figures);
    },
  };
}

interface Wanted {
  readonly state: HttpState;
  readonly ending: Ending;
}

/** One of the build's, and the one that is streamed, in turn. */
const pathsOf = ({ site }: Target): string[] =>
  [...site.filesOf(0).keys()].slice(0, 4).flatMap((name) => [name, streamed.name]);

const pathFor = (state: HttpState, paths: readonly string[], index: number): string =>
  state.large ? large.name : paths[index % paths.length]!;

async function failing(findings: Findings, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => findings.violate(`a transfer could not be begun: ${error}`));
}

/** Longer than the server waits for anybody. */
async function until(look: () => boolean): Promise<void> {
  const end = performance.now() + 90_000;
  while (!look() && performance.now() < end) await sleep(100);
}
