import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { status } from '../../src/commands/status.ts';
import type { Mac } from '../../src/model/mac.ts';
import { createPins } from '../../src/state/pins.ts';
import { linesLog } from '../state/folder.ts';
import { recordedConsole } from '../support/console.ts';
import { startDaemon } from '../support/daemon.ts';
import { offhook, startOffhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';

const git = peer('git', 'git');
const path = (number: number) => `/${macOf(number)}.cfg`;
const quiet = 'notify: { mode: off }';

function inTree({ dir }: Project, ...args: string[]): string {
  const env = { ...process.env, GIT_DIR: undefined, GIT_INDEX_FILE: undefined, GIT_WORK_TREE: undefined };
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...who, ...args], { cwd: dir, env })
    .toString()
    .trim();
}

/** A site of two phones in a repository, all of it committed. */
function repository(): Project {
  const project = createProject(siteOf([{ port: 1 }, { port: 1 }], quiet), { '.gitignore': '.offhook/\nout/\n' });
  inTree(project, 'init', '-q');
  commit(project);
  return project;
}

function commit(project: Project): string {
  inTree(project, 'add', '-A');
  inTree(project, 'commit', '-qm', 'another');
  return inTree(project, 'rev-parse', 'HEAD');
}

/** The same in this process. */
async function waitHere({ dir, out, state }: Project, commitOf?: string, timeout = 30_000) {
  const console = recordedConsole();
  const rest = { watch: false, wait: true, timeout, format: 'text', isTerminal: false } as const;
  const code = await status({ dir, out, state, ...rest, ...(commitOf && { commit: commitOf }) }, console);
  return { code, err: console.stderr() };
}

const fetchAll = async (daemon: Awaited<ReturnType<typeof startDaemon>>) => {
  for (const number of [1, 2]) await daemon.get(path(number));
};

describe.skipIf(git.missing)(`offhook status --wait --commit (${git.sentence})`, () => {
  test('waits for a build of the commit that is asked for, although all are current with the one before', async () => {
    const project = repository();
    const daemon = await startDaemon(project);
    await fetchAll(daemon);
    expect(await waitHere(project, 'HEAD')).toMatchObject({ code: 0 });
    // In another tree, as a push is before it is pulled: the daemon knows nothing of it yet.
    const wanted = inTree(project, 'commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'next');
    expect(await waitHere(project, wanted, 100)).toEqual({
      code: 1,
      err: expect.stringMatching(new RegExp(`the daemon has not built ${wanted.slice(0, 12)}; its last commit was`)),
    });
    const waiting = startOffhook([
      'status',
      '--project',
      project.dir,
      '--wait',
      '--commit',
      wanted,
      '--timeout',
      '60s',
    ]);
    inTree(project, 'reset', '-q', '--hard', wanted);
    project.edit('devices.yml', 'name: Person 1', 'name: Ada');
    const newer = commit(project);
    await daemon.said(/build accepted .* changed=2/);
    await fetchAll(daemon);
    expect(await waiting.ended).toBe(0);
    expect(await waitHere(project, newer.slice(0, 8))).toMatchObject({ code: 0 });
    expect(await waitHere(project)).toMatchObject({ code: 0 });
  });

  test('ends at once, with the fault, when the build of the commit was rejected', async () => {
    const project = repository();
    const daemon = await startDaemon(project);
    await fetchAll(daemon);
    project.edit('devices.yml', 'vendor: acme', 'vendor: acne');
    const broken = commit(project);
    const said = await offhook(['status', '--project', project.dir, '--wait', '--timeout', '60s']);
    expect([said.code, said.out, said.err]).toEqual([
      ...[1, ''],
      expect.stringMatching(
        new RegExp(`the daemon rejected ${broken.slice(0, 12)} .*devices\\.yml:\\d+:\\d+ .*"acne"`),
      ),
    ]);
    // The one before is what phones run.
    expect(await waitHere(project, 'HEAD~1')).toMatchObject({ code: 0 });
  });

  test('what is no commit is refused, and --commit alone, too', async () => {
    const project = repository();
    await expect(waitHere(project, 'nonsense')).rejects.toThrow('--commit is "nonsense", which is no commit');
    const alone = await offhook(['status', '--project', project.dir, '--commit', 'HEAD']);
    expect(alone.err).toContain('--commit goes with --wait');
  });
});

describe('offhook status --wait', () => {
  test('is not content with a device that is pinned, nor with a stopped rollout; the status says both', async () => {
    const project = createProject(siteOf([{ port: 1 }, { port: 1 }], quiet));
    const daemon = await startDaemon(project);
    await fetchAll(daemon);
    expect(await waitHere(project)).toMatchObject({ code: 0 });
    // One that runs lets go whom no rollout of its own holds.
    await daemon.stop();
    const pins = createPins({ folder: project.state, log: linesLog().log });
    const pin = (number: number, cause: 'person' | 'canary' | 'rollout', reason?: string) =>
      pins.pin([{ device: macOf(number) as Mac, revision: 'abc', at: Date.now(), cause, ...(reason && { reason }) }]);
    try {
      pin(1, 'rollout');
      expect(await waitHere(project, undefined, 50)).toEqual({
        code: 1,
        err: expect.stringContaining('1 are held back'),
      });
      pin(1, 'canary', 'it did not fetch');
      expect(await waitHere(project)).toEqual({
        code: 1,
        err: expect.stringContaining('the rollout stopped: 02:00:00:00:00:01 went back to abc (it did not fetch)'),
      });
      pin(1, 'person', 'rings twice');
      expect(await waitHere(project)).toEqual({
        code: 1,
        err: expect.stringContaining('02:00:00:00:00:01 is pinned to abc (rings twice)'),
      });
      const text = await offhook(['status', '--project', project.dir]);
      expect(text.out).toMatch(
        /^NOTE: 1 device is pinned to an earlier revision.*\n {2}02:00:00:00:00:01 {2}at abc since \d+ s: rings twice$/m,
      );
      const json = JSON.parse((await offhook(['status', '--project', project.dir, '--format', 'json'])).out);
      expect(json.pins).toMatchObject([{ device: macOf(1), revision: 'abc', cause: 'person' }]);
      // Nobody is pinned any more, but the daemon has not built that yet: it may be about to change what they have.
      pins.unpin([macOf(1) as Mac]);
      expect(await waitHere(project, undefined, 50)).toEqual({
        code: 1,
        err: expect.stringContaining('pinned no more are built'),
      });
    } finally {
      pins.close();
    }
  });
});
