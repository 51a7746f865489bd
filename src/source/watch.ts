import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { watch } from 'chokidar';

export interface WatchOptions {
  /** Files and folders that matter now, absolute; asked again by `refresh`. */
  readonly paths: () => readonly string[];
  /** Folders below them that do not: what offhook writes itself. */
  readonly ignored: readonly string[];
  /** Something may have changed. */
  readonly changed: () => void;
  /** The system cannot tell of all changes, for this reason; the scan finds them. */
  readonly failed?: (error: Error) => void;
  /** Milliseconds that must pass without an event, and the most that a change waits. */
  readonly quiet?: number;
  readonly most?: number;
  /** The least milliseconds between two scans, for events that were lost; Infinity for none. */
  readonly scan?: number;
}

export interface Watcher {
  /**
   * Looks at `paths` anew: some may have come. `since`, in milliseconds since 1970, is when the reading that named them
   * began: what changed after that is a change. Nothing once it is closed: a build that was under way ends as any other.
   */
  refresh(since: number): void;
  close(): Promise<void>;
}

/** Of all the time, a scan may take this part. */
const scanShare = 1 / 200;
/** A file's time is that of the kernel's last tick (ms). */
const tick = 20;

/**
 * Watches the files of a project. An event is only a hint: events are gathered for a moment, and whoever is told reads
 * and compares. What no event told of (the kernel's queue overflows at 16,384; a folder may be watched a moment later
 * than it was read) is found by a scan.
 */
export function createWatcher(options: WatchOptions): Watcher {
  const { paths, ignored, changed, failed = () => {}, quiet = 50, most = 500, scan = 2_000 } = options;
  const gather = createGather({ changed: announce, quiet, most });
  const isIgnored = ignoring(ignored);
  // What stood where before the last reading began: whatever differs from it has not been read.
  const seen = new Map<string, string>();
  let isClosed = false;
  const watcher = watch([], { ignoreInitial: true, ignored: isIgnored, ignorePermissionErrors: true });
  watcher.on('all', gather.event);
  // Once is enough: out of watches, it comes for each file.
  watcher.once('error', (error) => failed(error instanceof Error ? error : new Error(String(error))));
  watcher.on('error', () => {});
  refresh(Number.POSITIVE_INFINITY);
  let timer = schedule(scan);

  function announce(): void {
    for (const path of seen.keys()) seen.set(path, lookAt(path, isIgnored).signature);
    changed();
  }

  function schedule(after: number): NodeJS.Timeout | undefined {
    return Number.isFinite(after) ? setTimeout(look, after).unref() : undefined;
  }

  function look(): void {
    const began = performance.now();
    if ([...seen].some(([path, signature]) => lookAt(path, isIgnored).signature !== signature)) announce();
    timer = schedule(Math.max(scan, (performance.now() - began) / scanShare));
  }

  function refresh(since: number): void {
    if (isClosed) return;
    const wanted = new Set(paths());
    // Nothing is ever unwatched: a file below a watched folder would stay unwatched when it comes back.
    watcher.add([...wanted].filter((path) => !seen.has(path)));
    for (const path of seen.keys()) if (!wanted.has(path)) seen.delete(path);
    for (const path of wanted) {
      if (seen.has(path)) continue;
      const { signature, changedAt } = lookAt(path, isIgnored);
      seen.set(path, signature);
      if (changedAt > since - tick) gather.event();
    }
  }

  return {
    refresh,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      gather.close();
      await watcher.close();
    },
  };
}

function ignoring(folders: readonly string[]): (path: string) => boolean {
  return (path) =>
    folders.some((folder) => path === folder || path.startsWith(folder + sep)) ||
    /(?:^|[\\/])(?:\.git|node_modules)(?:[\\/]|$)/.test(path);
}

/** Many events in a row become one call, `quiet` after the last one, but at most `most` after the first. */
function createGather({ changed, quiet, most }: { changed: () => void; quiet: number; most: number }) {
  let first: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    event() {
      first ??= performance.now();
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          first = undefined;
          changed();
        },
        Math.max(0, Math.min(quiet, first + most - performance.now())),
      );
    },
    close: () => clearTimeout(timer),
  };
}

interface Look {
  /** Name, size, time and inode of everything below a path: equal as long as nothing changed. */
  readonly signature: string;
  /** When any of it was last changed, milliseconds since 1970. */
  readonly changedAt: number;
}

function lookAt(path: string, isIgnored: (path: string) => boolean): Look {
  const entries = entriesOf(path, { isIgnored, isRoot: true });
  return {
    signature: entries.map(({ text }) => text).join('\n'),
    changedAt: entries.reduce((latest, { changedAt }) => Math.max(latest, changedAt), 0),
  };
}

interface Walk {
  readonly isIgnored: (path: string) => boolean;
  /** Named by `paths`, not found below. */
  readonly isRoot: boolean;
}

interface Entry {
  readonly text: string;
  readonly changedAt: number;
}

function entriesOf(path: string, { isIgnored, isRoot }: Walk): Entry[] {
  if (isIgnored(path)) return [];
  const stat = attempt(() => statSync(path));
  if (!stat) return [{ text: `${path} -`, changedAt: 0 }];
  if (!stat.isDirectory()) return [entry(path, stat)];
  // Not through links to folders below: they may lead in a circle. A change of their target shows in its inode.
  if (!isRoot && attempt(() => lstatSync(path))?.isSymbolicLink()) return [entry(path, stat)];
  const names = attempt(() => readdirSync(path)) ?? [];
  const below = names.flatMap((name) => entriesOf(join(path, name), { isIgnored, isRoot: false }));
  return [{ text: path, changedAt: stat.ctimeMs }, ...below];
}

const entry = (name: string, { size, mtimeMs, ctimeMs, ino }: Stats): Entry => ({
  text: `${name} ${size} ${mtimeMs} ${ino}`,
  changedAt: ctimeMs,
});

/** What is not there, or not for this user, is as good as not there. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
