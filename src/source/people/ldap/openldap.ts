import { BerReader } from './ber.ts';
import type { Asked, Changes } from './changes.ts';
import { oid, syncRequest } from './controls.ts';
import { normalDn, textsOf } from './entry.ts';
import type { Frame } from './frames.ts';
import { readOne, searchOnce } from './search.ts';
import type { Session } from './session.ts';

// OpenLDAP with the overlay syncprov answers a Sync Request (RFC 4533): what changed since a cookie, and what is gone. Its
// cookie is made of contextCSN, which stands at the suffix and says how far the server has written.

/** How far this server has written; to be asked before the reading that it is the mark of. Undefined without syncprov. */
export async function csnMark({ connection, root }: Session, base: string): Promise<readonly string[] | undefined> {
  if (!root.controls.has(oid.syncRequest)) return undefined;
  const below = `,${normalDn(base)}`;
  const suffix = root.namingContexts.find((context) => below.endsWith(`,${normalDn(context)}`));
  if (suffix === undefined) return undefined;
  const entry = await readOne(connection, { dn: suffix, attributes: ['contextCSN'], step: 'contextCSN' });
  const marks = entry ? textsOf(entry, 'contextCSN').sort() : [];
  return marks.length === 0 ? undefined : marks;
}

/** What changed since the server had written so far. */
export async function changesSince({ connection }: Session, asked: Asked, csn: readonly string[]): Promise<Changes> {
  const changed: Changes['changed'] = new Map();
  const present = new Set<string>();
  const phases = new Set<'deletes' | 'present'>();
  for (const query of asked.queries) {
    const answer = await searchOnce(
      connection,
      {
        ...query,
        controls: [syncRequest(`rid=000,csn=${csn.join(';')}`)],
        step: `changes below "${query.base}"`,
        onFrame(frame, entry) {
          const { state, id } = stateOf(frame);
          if (state === 'present') present.add(id);
          else changed.set(id, state === 'delete' ? undefined : entry);
        },
        onInfo(frame) {
          const { deletes, ids } = infoOf(frame.body);
          for (const id of ids)
            if (!deletes) present.add(id);
            else if (!changed.has(id)) changed.set(id, undefined);
        },
      },
      { onEntry: () => {}, onReferences: asked.onReferences },
    );
    phases.add(refreshDeletes(answer.controls.get(oid.syncDone)) ? 'deletes' : 'present');
  }
  if (phases.size > 1) throw new MixedPhases();
  return phases.has('present') ? { changed, present } : { changed };
}

/** Of two bases one said who is left and the other who is gone: everybody must be read. */
export class MixedPhases extends Error {}

const states = ['present', 'add', 'modify', 'delete'] as const;

/** Sync State Control (RFC 4533, section 2.3). */
function stateOf(frame: Frame): { state: (typeof states)[number]; id: string } {
  const value = new BerReader(frame.controls().get(oid.syncState) ?? Buffer.alloc(0)).enter(0x30);
  const state = states[value.integer(0x0a)] ?? 'modify';
  return { state, id: value.octets().toString('hex') };
}

/** Sync Info Message (RFC 4533, section 2.5): of its four forms only syncIdSet names entries. */
function infoOf(body: BerReader): { deletes: boolean; ids: string[] } {
  const nothing = { deletes: false, ids: [] };
  if (body.tag === 0x80 && body.text(0x80) !== oid.syncInfo) return nothing;
  if (body.tag !== 0x81) return nothing;
  const value = new BerReader(body.octets(0x81));
  if (value.tag !== 0xa3) return nothing;
  const set = value.enter(0xa3);
  if (set.tag === 0x04) set.skip();
  const deletes = set.tag === 0x01 && set.boolean();
  const ids: string[] = [];
  for (const list = set.enter(0x31); !list.isAtEnd; ) ids.push(list.octets().toString('hex'));
  return { deletes, ids };
}

/** Sync Done Control (RFC 4533, section 2.4): whether those were named who are gone, or those who are left. */
function refreshDeletes(value: Buffer | undefined): boolean {
  if (!value || value.length === 0) return false;
  const done = new BerReader(value).enter(0x30);
  if (done.tag === 0x04) done.skip();
  return done.tag === 0x01 && done.boolean();
}
