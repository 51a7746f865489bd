import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeRequest } from '../src/tftp/packet.ts';
import { launch } from './daemon.ts';
import { createFindings, type Findings, type Outcome } from './outcome.ts';
import { fetch } from './phone.ts';
import { udpQueue } from './proc.ts';
import { createSite } from './site.ts';
import { mountSmallDisk, type SmallDisk, whyNoSmallDisk } from './small-disk.ts';
import { startOn, type Target } from './target.ts';

const sentence = 'without room on the disk, or the right to write, phones are served';

export interface DiskOptions {
  /** Requests while the journal cannot be written; it keeps 50,000 rows in memory, and drops more. */
  readonly requests: number;
}

/** out/ and the state folder on small disks of their own, which fill up or become read-only, and are mended again. */
export async function withoutRoomOnTheDiskPhonesAreServed({ requests }: DiskOptions): Promise<Outcome> {
  const findings = createFindings();
  const why = whyNoSmallDisk();
  if (why !== undefined) return { ...findings.outcome(sentence, {}), skipped: why };
  const figures = { 'edits held up': 0, 'rows dropped': 0, 'good transfers': 0 };
  using site = createSite(6, []);
  using out = mountSmallDisk(site.out, 1);
  // A tmpfs has no room for what was not written yet: the files that SQLite keeps open stay as large as they were.
  using state = mountSmallDisk(site.state, 24);
  const target = await startOn(site, { hasty: true });
  const turn: Turn = { target, findings, generation: 0, good: 0 };
  try {
    await heldUp(turn, { fault: /ENOSPC/, begin: out.fill, end: out.free });
    await heldUp(turn, { fault: /EROFS/, begin: () => out.readOnly(true), end: () => out.readOnly(false) });
    figures['rows dropped'] = await journalDrops(turn, state, requests);
    await heldUp(turn, { fault: /is full/, begin: state.fill, end: state.free });
    figures['edits held up'] = turn.generation;
    await target.daemon.stop();
    await saysWhy(turn, { fault: /EROFS/, begin: () => state.readOnly(true), end: () => state.readOnly(false) });
    await saysWhy(turn, { fault: /disk/, begin: state.fill, end: state.free });
  } catch (error) {
    findings.violate(String(error));
  }
  await target.daemon.kill();
  figures['good transfers'] = turn.good;
  return findings.outcome(sentence, figures);
}

interface Turn {
  readonly target: Target;
  readonly findings: Findings;
  generation: number;
  good: number;
}

interface Trouble {
  /** What the log says of it. */
  readonly fault: RegExp;
  begin(): void;
  end(): void;
}

/** An edit while it cannot be written: phones have the files before it, one line says why, and it comes through later. */
async function heldUp(turn: Turn, { fault, begin, end }: Trouble): Promise<void> {
  const { daemon, site } = turn.target;
  daemon.log.troubles();
  begin();
  const rejected = daemon.log.next(/ error build rejected/);
  site.write('devices.yml', site.textOf(turn.generation + 1));
  await rejected;
  await served(turn, `while it holds that ${fault}`);
  const lines = daemon.log.troubles().filter((line) => fault.test(line) && / error /.test(line));
  if (lines.length !== 1) turn.findings.violate(`${lines.length} lines that say ${fault}: ${lines.join('\n')}`);
  const accepted = daemon.log.next(/ build accepted .* changed=[1-9]/);
  end();
  await accepted;
  turn.generation++;
  await served(turn, `when it is over that ${fault}`);
}

/** Rows are dropped when they are too many, with one line when that begins, and one when it is over. Gives how many. */
async function journalDrops(turn: Turn, state: SmallDisk, requests: number): Promise<number> {
  const { daemon } = turn.target;
  daemon.log.troubles();
  state.fill();
  const warned = daemon.log.next(/ warn the journal cannot be written/);
  await ask(turn.target, requests);
  await warned;
  await served(turn, 'while the journal cannot be written');
  const over = daemon.log.next(/ info the journal is written again/);
  const lines = daemon.log.troubles().filter((line) => /journal/.test(line));
  if (lines.length !== 1) turn.findings.violate(`${lines.length} lines about the journal: ${lines.join('\n')}`);
  state.free();
  return Number(/dropped=(\d+)/.exec(await over)?.[1]);
}

/** Requests for what is not there: an answer and a row each. */
async function ask({ daemon }: Target, requests: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.4.0.1');
  for (let sent = 0; sent < requests; sent++) {
    const path = `nothing-${sent}.wav`;
    socket.send(writeRequest({ method: 'RRQ', path, mode: 'octet', options: [] }), daemon.tftp, '127.0.0.1');
    if (sent % 100 !== 99) continue;
    do await sleep(1);
    while (udpQueue(daemon.tftp).waiting > 100_000);
  }
  socket.close();
}

/** All files of the generation that was last accepted, over both protocols. */
async function served(turn: Turn, when: string): Promise<void> {
  const { daemon, site } = turn.target;
  for (const [path, bytes] of site.filesOf(turn.generation))
    for (const protocol of ['http', 'tftp'] as const) {
      const got = await fetch[protocol]({ port: daemon[protocol], path }).catch(String);
      turn.good++;
      if (typeof got === 'string') turn.findings.violate(`${when}: ${path} over ${protocol}: ${got}`);
      else if (!got.equals(bytes)) turn.findings.violate(`${when}: ${path} over ${protocol}: other bytes`);
    }
}

/** A start that cannot be: it ends with a sentence that names the folder, and without harm. */
async function saysWhy({ target, findings }: Turn, { fault, begin, end }: Trouble): Promise<void> {
  begin();
  const start = launch({ dir: target.site.dir });
  const how = await start.end;
  const said = start.log.tail();
  if (how !== '1' || !fault.test(said) || !said.includes(target.site.state))
    findings.violate(`a start while it holds that ${fault} ends with ${how}: ${said}`);
  end();
}
