import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { EditSettings } from '../model/api.ts';
import type { EditAnswer, Edited, EditRequest, NotEdited, WantedEdit } from '../model/edit.ts';
import { formatMac } from '../model/mac.ts';
import { withGitLock } from '../source/git-lock.ts';
import { branchName, commitFile, pushBranch, type Repository, repositoryOf, uncommitted } from '../source/git-write.ts';
import type { ProjectOptions } from '../source/project.ts';
import { createEditCheck, type EditCheck } from './edit-check.ts';
import { replaceIfSame, tagOf } from './keep.ts';
import { sealFields } from './sealing.ts';
import { faulty, type Made, refused, textOfEdit } from './texts.ts';

export interface EditingOptions {
  readonly project: ProjectOptions;
  readonly settings: () => EditSettings;
  /** Another way to find the faults of a project with other texts. */
  readonly checkWith?: (project: ProjectOptions) => EditCheck;
  /** Milliseconds without an edit, after which what makes the next one faster is forgotten; a minute when not given. */
  readonly idle?: number;
}

/** Changes of devices.yml that programs ask for: one after the other, checked before they are written. */
export interface Editing {
  /** Never rejects for what the project, its files or git say. */
  edit(request: EditRequest): Promise<EditAnswer>;
  /** Settles when no file is written that git may not take: what is built then stays. */
  settled(): Promise<void>;
}

/** For so long (ms) an edit is made anew, when somebody else writes the file at the same time. */
const longest = 20_000;

export function createEditing({
  project,
  settings,
  checkWith = createEditCheck,
  idle = 60_000,
}: EditingOptions): Editing {
  let queue: Promise<unknown> = Promise.resolve();
  let writing: Promise<unknown> = Promise.resolve();
  let check: EditCheck | undefined;
  let timer: NodeJS.Timeout | undefined;

  function checker(): EditCheck {
    clearTimeout(timer);
    timer = setTimeout(() => {
      check = undefined;
    }, idle).unref();
    check ??= checkWith(project);
    return check;
  }

  async function run(request: EditRequest): Promise<EditAnswer> {
    const mode = settings();
    if (mode.mode === 'off')
      return refused('off', 'devices.yml is not edited here; wanted `api: { edits: file }`, or another mode');
    const sealed = await sealEdit(request.edit);
    if ('refused' in sealed) return refused('conflict', sealed.refused);
    for (const end = Date.now() + longest; Date.now() < end; ) {
      const made = await make({ ...request, edit: sealed.edit }, mode);
      if ('refused' in made) return made;
      const answer = await write(made, request, mode);
      if (answer === 'again') continue;
      const warnings = sealed.warning === undefined ? [] : [sealed.warning];
      return 'refused' in answer ? answer : { ...answer, warnings };
    }
    return refused('conflict', 'somebody else writes to the file all the time; try again later');
  }

  async function sealEdit(edit: WantedEdit): Promise<{ edit: WantedEdit; warning?: string } | { refused: string }> {
    if (edit.kind === 'remove') return { edit };
    const sealed = await sealFields(edit.kind === 'add' ? edit.device : edit.patch, project.dir, checker().read);
    if ('refused' in sealed) return sealed;
    const { fields, warning } = sealed;
    return { edit: edit.kind === 'add' ? { ...edit, device: fields } : { ...edit, patch: fields }, warning };
  }

  /** The text as it is and as it should be, without a fault. */
  async function make({ edit, match }: EditRequest, mode: EditSettings): Promise<Made | NotEdited> {
    const sources = await checker().read();
    const read = (file: string) => readFileSync(resolve(project.dir, file));
    const made = textOfEdit(sources, { edit, match, new_devices: mode.new_devices, read });
    if ('refused' in made || made.after === made.before) return made;
    const faults = await checker().faults(new Map([[made.file, made.after.toString('utf8')]]));
    if (faults.length > 0) return faulty(faults);
    return made;
  }

  async function write(made: Made, request: EditRequest, mode: EditSettings): Promise<Written> {
    const { file, existed, before, after } = made;
    const isBranch = mode.mode === 'pull-request-branch';
    const result = { file, existed, tag: tagOf(isBranch ? before : after) };
    if (after === before) return { ...result, done: 'nothing' };
    const repository = await repositoryOf(project.dir);
    if (mode.mode === 'file') {
      const replaced = await replace(made, repository);
      return replaced === 'replaced' ? { ...result, done: 'file' } : replaced;
    }
    if (!repository) return refused('conflict', 'the project is in no git repository');
    const why = await withoutOthers(() => uncommitted(repository, file));
    if (why !== undefined) return refused('conflict', `${file}: ${why}`);
    const committing = { repository, path: file, author: request.author, subject: subjectOf(request.edit, existed) };
    return isBranch
      ? push({ ...committing, ...made, remote: mode.remote, verb: existed ? request.edit.kind : 'add' }, result)
      : commit({ ...committing, ...made }, result);
  }

  /** What is written here is built at once: not so while git may still refuse it. */
  async function commit(work: Made & Parameters<typeof commitFile>[0], result: Done): Promise<Written> {
    const done = (async (): Promise<Written> => {
      const replaced = await replace(work, work.repository);
      if (replaced !== 'replaced') return replaced;
      try {
        return { ...result, done: 'commit', commit: await commitFile(work) };
      } catch (error) {
        const path = resolve(project.dir, work.file);
        const back = replaceIfSame(path, { before: work.after, after: work.before });
        const note = back === 'replaced' ? '' : `; ${work.file} was written to meanwhile, and is as it is then`;
        return refused('conflict', `${(error as Error).message}${note}`);
      }
    })();
    writing = done.catch(() => undefined);
    return done;
  }

  async function push(
    work: Made & Parameters<typeof commitFile>[0] & { readonly remote: string; readonly verb: string },
    result: Done,
  ): Promise<Written> {
    const branch = branchName(`${work.verb}-${work.mac}`);
    try {
      const commit = await pushBranch({ ...work, bytes: work.after, branch });
      // Somebody has committed or pulled in between.
      return commit === undefined ? 'again' : { ...result, done: 'branch', branch, commit };
    } catch (error) {
      return refused('conflict', (error as Error).message);
    }
  }

  async function replace(
    { file, before, after }: Made,
    repository?: Repository,
  ): Promise<'replaced' | 'again' | NotEdited> {
    const path = resolve(project.dir, file);
    try {
      const replaced = await withGitLock(repository?.lock, () => replaceIfSame(path, { before, after }));
      if (replaced === 'replaced') return 'replaced';
      // What was written to the old file goes where its writer wanted it, and the edit is made anew on top of it.
      if (replaced !== 'changed') replaceIfSame(path, { before: after, after: replaced.overtaken });
      return 'again';
    } catch (error) {
      return refused('conflict', `${file} cannot be written: ${(error as Error).message}`);
    }
  }

  return {
    edit(request) {
      const answer = queue.then(() => run(request)).catch((error: Error) => refused('conflict', error.message));
      queue = answer;
      return answer;
    },
    async settled() {
      await writing;
    },
  };
}

type Done = Omit<Edited, 'done' | 'warnings'>;
type Written = Omit<Edited, 'warnings'> | NotEdited | 'again';

/** While another git lays out files they differ from HEAD for a moment. */
async function withoutOthers(look: () => Promise<string | undefined>): Promise<string | undefined> {
  for (let left = 3; left > 0; left--) {
    if ((await look()) === undefined) return undefined;
    await wait(100);
  }
  return look();
}

function subjectOf(edit: WantedEdit, existed: boolean): string {
  const verb = edit.kind === 'remove' ? 'remove' : existed ? 'change' : 'add';
  return `devices: ${verb} ${formatMac(edit.mac)}`;
}
