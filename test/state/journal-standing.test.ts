import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { RevisionFact } from '../../src/model/fact.ts';
import type { Mac } from '../../src/model/mac.ts';
import { createConvergence } from '../../src/state/convergence.ts';
import { openDatabase } from '../../src/state/database.ts';
import { type JournalReader, openJournal, readJournal } from '../../src/state/journal.ts';
import { migrations } from '../../src/state/journal-schema.ts';
import { openJournalThread } from '../../src/state/journal-thread.ts';
import { inTurnQueries, standingQueries } from '../../src/state/standing-query.ts';
import { ada, bob, fetchOf, notifyOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

const files = '[["{mac}.boot"],["{mac}.cfg"]]';
const built = (at: number, revision: string, device = ada): RevisionFact => ({ at, device, revision, files });
const got = (at: number, name: string, revision: string, more = {}) =>
  fetchOf({ at, device: ada, file: `${ada}${name}`, revision, ...more });
const facts = {
  revisions: [built(1000, 'r1'), built(3000, 'r2'), built(2000, 'r0'), built(1000, 'r1', bob)],
  fetches: [
    got(3100, '.boot', 'r2', { firmware: '1.2' }),
    got(3200, '.cfg', 'r2', { method: 'RRQ', protocol: 'tftp', address: '127.0.0.3' }),
    got(3150, '.cfg', 'r1'),
    got(3300, '.cfg', 'r2', { method: 'HEAD' }),
    got(3400, '.cfg', 'r2', { status: 403, reason: 'not its network' }),
    got(3500, '.cfg', 'r2', { complete: false }),
    got(900, '.cfg', 'r0', { device: bob, file: `${bob}.cfg` }),
  ],
  notifies: [
    notifyOf({ at: 2500 }),
    notifyOf({ at: 3050, target: '127.0.0.2:5060' }),
    notifyOf({ at: 1500, device: bob }),
  ],
};

function journal(options = {}) {
  const { log, lines } = linesLog();
  const folder = stateFolder();
  const opened = openJournal({ folder, log, now: () => 5000, ...options });
  onTestFinished(opened.close);
  for (const fact of facts.revisions) opened.add.revision(fact);
  for (const fact of facts.fetches) opened.add.fetch(fact);
  for (const fact of facts.notifies) opened.add.notify(fact);
  opened.flush();
  return { journal: opened, folder, lines };
}

function standingIn({ standing }: Pick<JournalReader, 'standing'>) {
  const convergence = createConvergence();
  standing(convergence.add);
  return convergence;
}

const statesOf = (convergence: ReturnType<typeof createConvergence>) =>
  [ada, bob].map((mac) => convergence.stateOf(mac, 4000));

test('what the journal tells of where devices stand gives the states that all facts give', () => {
  const { journal: opened, folder } = journal();
  const whole = statesOf(createConvergence(facts));
  expect(whole.map((state) => state?.state)).toEqual(['current', 'notified']);
  expect(statesOf(standingIn(opened))).toEqual(whole);
  const reader = readJournal({ folder })!;
  onTestFinished(reader.close);
  expect(statesOf(standingIn(reader))).toEqual(whole);
  expect(reader.wanted(ada)).toEqual(built(3000, 'r2'));
});

test('told of one device after the other it is the same', () => {
  const { journal: opened } = journal();
  const convergence = createConvergence();
  const told: ReturnType<typeof convergence.stateOf>[] = [];
  opened.standingInTurn(convergence.add, (mac) => {
    told.push(convergence.stateOf(mac, 4000));
    convergence.forget(mac);
  });
  const whole = standingIn(opened);
  expect(told).toEqual(
    whole
      .devices()
      .sort()
      .map((mac) => whole.stateOf(mac, 4000)),
  );
  expect(convergence.devices()).toEqual([]);
});

test('it is not pruned: a phone may go for months without asking', () => {
  const { journal: opened } = journal({ keepDays: 1, now: () => 5000 + 40 * 86_400_000 });
  while (opened.prune());
  expect([opened.fetches(), opened.revisions(), opened.notifies()]).toEqual([[], [], []]);
  expect(statesOf(standingIn(opened))[0]).toMatchObject({
    ...{ state: 'current', revision: 'r2', address: '127.0.0.3', firmware: '1.2' },
  });
});

test('a journal of before is taken over with the fetches that it has', () => {
  const { log } = linesLog();
  const { folder: from } = journal();
  const folder = stateFolder();
  const database = openDatabase({ path: `${folder}/journal.db`, migrations: migrations.slice(0, 3), log });
  database.exec(`ATTACH '${from}/journal.db' AS newer; INSERT INTO fetches SELECT * FROM newer.fetches`);
  database.close();
  const opened = openJournal({ folder, log });
  onTestFinished(opened.close);
  const known = standingIn(opened);
  known.add.revisions([built(0, 'r2')]);
  expect(known.stateOf(ada, 4000)).toMatchObject({ state: 'current', address: '127.0.0.3', firmware: '1.2' });
});

test('is found through indexes, however many rows there are', () => {
  const { folder } = journal();
  const database = new DatabaseSync(`${folder}/journal.db`, { readOnly: true });
  onTestFinished(() => database.close());
  const steps = [...Object.values(standingQueries), ...Object.values(inTurnQueries)].flatMap((sql) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail)),
  );
  expect(steps.filter((step) => /SCAN (?!w$|wanted|fetched|returned)|TEMP B-TREE/.test(step))).toEqual([]);
  expect(steps).toContainEqual(expect.stringContaining('fetches_trouble'));
  expect(steps).toContainEqual(expect.stringContaining('notifies_device'));
});

test('revisions of a whole fleet are written, however few rows may wait, and none is dropped', async () => {
  const { log, lines } = linesLog();
  const folder = stateFolder();
  const thread = openJournalThread({ folder, log, gatherMs: 5, mostWaiting: 2000 });
  const fleet = Array.from({ length: 20_000 }, (_, index) =>
    built(1000, `r${index}`, `02${index.toString(16).padStart(10, '0')}` as Mac),
  );
  const written = thread.add.revisions(fleet);
  thread.add.fetches([fetchOf()]);
  await written;
  expect(standingIn(thread).devices()).toHaveLength(20_000);
  await thread.close();
  expect(lines).toEqual([]);
});
