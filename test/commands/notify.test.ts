import { describe, expect, test } from 'vitest';
import { readJournal } from '../../src/state/journal.ts';
import { answerTo } from '../notify/phone.ts';
import { offhook, startOffhook } from '../support/offhook.ts';
import { startListening, startPhones } from '../support/phones.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';

async function startSite(count: number) {
  const phones = await startPhones(count);
  const site = siteOf(phones, 'groups: { desk: { language: de } }\nnotify: { per_second: 1000, per_address: 1000 }');
  const project = createProject(site.replace(`"${macOf(3)}"`, `"${macOf(3)}", group: desk`));
  const notify = (...args: string[]) => offhook(['notify', '--project', project.dir, ...args]);
  const events = () => phones.map((phone) => phone.events());
  return { phones, project, notify, events };
}

describe('offhook notify', () => {
  test('by MAC, extension, group and all: one line for each answer, a row in the journal, 0', async () => {
    const { phones, project, notify, events } = await startSite(3);
    const by = await notify('02-00-00-00-00-01', '1002', 'desk', '1001');
    expect(by).toMatchObject({ code: 0, err: '' });
    expect(by.out.trim().split('\n').sort()).toEqual(
      phones.map(
        ({ address, port }, index) =>
          `02:00:00:00:00:0${index + 1}  ${address}:${port}  check-sync;reboot=false  answered 200`,
      ),
    );
    expect(events()).toEqual(Array(3).fill('check-sync;reboot=false'));
    const json = await notify('desk', '--format', 'json');
    expect(JSON.parse(json.out)).toMatchObject({ device: macOf(3), outcome: 'answered', status: 200, cause: 'manual' });
    const all = await notify('--all', '--reboot');
    expect(all.code).toBe(0);
    const [first, , third] = events();
    expect(first).toBe('check-sync;reboot=false,check-sync;reboot=true');
    expect(third).toBe('check-sync;reboot=false,check-sync;reboot=false,check-sync;reboot=true');
    const journal = readJournal({ folder: project.state });
    const rows = journal?.notifies() ?? [];
    journal?.close();
    expect(rows).toHaveLength(7);
    expect(new Set(rows.map(({ cause }) => cause))).toEqual(new Set(['manual']));
  });

  test('who is silent, refuses or is not there: says so, and exits with 1', async () => {
    const silent = await startListening(() => {});
    const busy = await startListening((request, say) => say(answerTo(request, '489 Bad Event')));
    // Nobody listens on the port of discard.
    const gone = { address: silent.address, port: 9 };
    const project = createProject(siteOf([silent, busy, gone, { port: 5060 }]));
    const { code, out, err } = await offhook(['notify', '--all', '--wait', '4', '--project', project.dir]);
    expect([code, err]).toEqual([1, '']);
    expect(out.trim().split('\n').sort()).toEqual([
      expect.stringMatching(/^02:00:00:00:00:01 .* silent {2}no answer$/),
      expect.stringMatching(/^02:00:00:00:00:02 .* answered 489 {2}reached, but it does not do this event/),
      expect.stringMatching(/^02:00:00:00:00:03 .* unreachable {2}nothing listens there \(ECONNREFUSED\)$/),
      expect.stringMatching(/^02:00:00:00:00:04 {2}- .* unreachable {2}no address is known: /),
    ]);
  });

  test('stopped while it waits: says whom it did not reach', async () => {
    const silent = await startListening(() => {});
    const project = createProject(siteOf([silent]));
    const running = startOffhook(['notify', '1001', '--project', project.dir]);
    while (silent.notifies().length === 0) await new Promise((done) => setTimeout(done, 5));
    running.kill('SIGINT');
    expect(await running.ended).toBe(1);
    expect(running.out()).toMatch(/silent {2}no answer came before offhook stopped\n$/);
  });

  test('a word that is none of them: a sentence', async () => {
    const { project } = await startSite(1);
    project.edit('devices.yml', 'Person 1', 'Ada');
    expect(await offhook(['notify', '10001', '--project', project.dir])).toEqual({
      ...{ code: 1, out: '' },
      err: 'offhook: "10001" is no device: wanted a MAC, an extension or a group (did you mean "1001"?)\n',
    });
    project.edit('devices.yml', 'model: a1', 'model: a9');
    const faulty = await offhook(['notify', '--all', '--project', project.dir]);
    expect(faulty).toMatchObject({ code: 1, out: '' });
    expect(faulty.err).toMatch(/unknown model "a9".*\n1 fault: nobody was notified\n$/);
  });
});
