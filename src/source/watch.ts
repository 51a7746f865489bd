import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { watch } from 'chokidar';

export interface WatchOptions {
  /** Files and folders that matter now, absolute; asked again after each change. */
  readonly paths: () => readonly string[];
  /** Folders below them that do not: what offhook writes itself. */
  readonly ignored: readonly string[];
  /** Something may have changed. */
  readonly changed: () => void;
  /** Milliseconds that must pass without an event, and the most that a change waits. */
  readonly quiet?: number;
  readonly most?: number;
  /** Milliseconds between two looks at everything, for events that were lost. */
  readonly scan?: number;
}

export interface Watcher {
  /** Looks at `paths` anew: some may have come or gone. */
  refresh(): void;
  close(): Promise<void>;
}

/**
 * Watches the files of a project. An event is only a hint: events are gathered for a moment, and whoever is told reads
 * and compares. A lost one (the kernel's queue overflows at 16,384) is found by a scan now and then.
 */
export function createWatcher({
  paths,
  ignored,
  changed,
  quiet = 50,
  most = 500,
  scan = 30_000,
}: WatchOptions): Watcher {
  const gather = createGather({ changed: announce, quiet, most });
  let watched = new Set(paths());
  let signature = signatureOf(watched, isIgnored);
  const watcher = watch([...watched], { ignoreInitial: true, ignored: isIgnored, ignorePermissionErrors: true });
  watcher.on('all', gather.event);
  // An error (out of watches, a folder that vanished) leaves the scan to find what changes.
  watcher.on('error', gather.event);
  const timer = setInterval(look, scan);
  timer.unref();

  function isIgnored(path: string): boolean {
    return (
      ignored.some((folder) => path === folder || path.startsWith(folder + sep)) ||
      /(?:^|[\\/])(?:\.git|node_modules)(?:[\\/]|$)/.test(path)
    );
  }

  function announce(): void {
    signature = signatureOf(watched, isIgnored);
    changed();
  }

  function look(): void {
    if (signatureOf(watched, isIgnored) !== signature) announce();
  }

  return {
    refresh() {
      const wanted = new Set(paths());
      watcher.add([...wanted].filter((path) => !watched.has(path)));
      watcher.unwatch([...watched].filter((path) => !wanted.has(path)));
      watched = wanted;
      signature = signatureOf(watched, isIgnored);
    },
    async close() {
      clearInterval(timer);
      gather.close();
      await watcher.close();
    },
  };
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

/** Name, size and time of everything below the paths, as one text: equal as long as nothing changed. */
function signatureOf(paths: Iterable<string>, isIgnored: (path: string) => boolean): string {
  return [...paths].flatMap((path) => entriesOf(path, isIgnored)).join('\n');
}

function entriesOf(path: string, isIgnored: (path: string) => boolean): string[] {
  if (isIgnored(path)) return [];
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return [`${path} -`];
  if (!stat.isDirectory()) return [`${path} ${stat.size} ${stat.mtimeMs} ${stat.ino}`];
  // Not through links to folders: they may lead in a circle. A link's own change of target shows in its inode and time.
  if (lstatSync(path).isSymbolicLink()) return [`${path} ${lstatSync(path).mtimeMs} ${stat.ino}`];
  return listed(path).flatMap((entry) => entriesOf(join(path, entry.name), isIgnored));
}

function listed(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
