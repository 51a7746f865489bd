import type { Accepted, BuildResult, Earlier } from './build.ts';
import type { Log } from './log.ts';
import { formatMac } from './model/mac.ts';
import { createPins, type Pin } from './state/pins.ts';
import { openRevisions } from './state/revisions.ts';

/** What devices had before, and who keeps it: of a state folder, for a build. */
export interface OpenEarlier extends Earlier {
  /** Looks now and then whether another process has pinned a device, or let one go. */
  watch(changed: () => void, everyMs?: number): void;
  /** Says who is pinned, at each build: until git agrees that is no state to forget. */
  report(result: BuildResult): void;
  /** How often pins were changed up to a build that obeys them all; undefined when it does not. Never throws. */
  settledAt(result: BuildResult): number | undefined;
  close(): void;
}

/** @throws Error with a sentence when the state folder cannot be used */
export function openEarlier({ folder, log }: { readonly folder: string; readonly log: Log }): OpenEarlier {
  const pins = createPins({ folder, log });
  const isPinned: Parameters<typeof openRevisions>[0]['isPinned'] = (mac, revision) =>
    pins.of(mac)?.revision === revision;
  const revisions = openRevisions({ folder, log, isPinned });
  let timer: NodeJS.Timeout | undefined;
  return {
    pins,
    revisions,
    watch(changed, everyMs = 500) {
      timer = setInterval(() => pins.refresh() && changed(), everyMs).unref();
    },
    report(result) {
      if (result.accepted)
        for (const line of pinLines(result, pins.all().values())) log[line.level](line.text, line.fields);
    },
    settledAt(result) {
      try {
        pins.refresh();
        const changes = pins.changes();
        return result.accepted && result.isSettled() ? changes : undefined;
      } catch {
        return undefined;
      }
    },
    close() {
      clearInterval(timer);
      pins.close();
      revisions.close();
    },
  };
}

interface Line {
  readonly level: 'info' | 'warn';
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** MACs that a line names; the others are counted. */
const mostNamed = 5;

/** One line for those that git agrees with now, and one for each cause there is. */
function pinLines({ agreed }: Pick<Accepted, 'agreed'>, pins: Iterable<Pin>): Line[] {
  const all = Map.groupBy(pins, ({ cause }) => cause);
  const lines = causes.flatMap(([cause, text]): Line[] => {
    const some = all.get(cause) ?? [];
    return some.length === 0 ? [] : [{ level: 'warn', text, fields: named(some) }];
  });
  if (agreed.length === 0) return lines;
  return [
    { level: 'info', text: 'git says what devices were pinned to: they are pinned no more', fields: named(agreed) },
    ...lines,
  ];
}

const causes: readonly (readonly [Pin['cause'], string])[] = [
  [
    'person',
    'devices are pinned to an earlier revision, and do not get what git says (`offhook rollback DEVICE --release`)',
  ],
  ['canary', 'canaries went back to an earlier revision: the rollout has stopped'],
  ['rollout', 'devices are held back until it is their turn'],
];

function named(pins: readonly Pin[]): Line['fields'] {
  const more = pins.length - mostNamed;
  const macs = pins.slice(0, mostNamed).map(({ device }) => formatMac(device));
  return { devices: pins.length, macs: `${macs.join(' ')}${more > 0 ? ` and ${more} more` : ''}` };
}
