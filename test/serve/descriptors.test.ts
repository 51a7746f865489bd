import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, utimesSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { peer } from '../support/peer.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';

const prlimit = peer('prlimit', 'util-linux');

/** From now on this process can open no file, until the function that it gives is called. */
async function takeDescriptors(): Promise<() => Promise<void>> {
  const limit = `prlimit --pid ${process.pid} --nofile`;
  const script = `read lowest; ${limit}=$lowest: && echo taken; read on; ${limit}=$(ulimit -Hn): && echo given`;
  const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const step = async (word: string) => {
    shell.stdin.write(`${word}\n`);
    await once(shell.stdout, 'data');
  };
  const lowest = openSync('/dev/null', 'r');
  closeSync(lowest);
  await step(String(lowest));
  let given: Promise<void> | undefined;
  const give = () => {
    given ??= step('on').finally(() => shell.kill());
    return given;
  };
  onTestFinished(give);
  return give;
}

test.skipIf(prlimit.missing)(
  `builds what was edited while there was no descriptor to read it with (${prlimit.sentence})`,
  async () => {
    const project = createProject(siteOf([{ port: 5060 }], 'notify: { mode: off }'));
    // No event and no scan tells of descriptors that are free again.
    const daemon = await startDaemon(project, { timing: { watch: { quiet: 300, scan: Number.POSITIVE_INFINITY } } });
    // Until the system tells of changes.
    const built = daemon.log.length;
    while (daemon.log.length === built) {
      utimesSync(project.path('devices.yml'), new Date(), new Date());
      await new Promise((done) => setTimeout(done, 100));
    }
    project.edit('devices.yml', 'name: Person 1', 'name: Ada Lovelace');
    const give = await takeDescriptors();
    await daemon.said(/EMFILE/);
    await give();
    await daemon.said(/build accepted .* changed=1/);
    expect(project.outText(`${macOf(1)}.cfg`)).toContain('line.1.name = Ada Lovelace');
  },
);
