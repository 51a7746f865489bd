import type { Fields } from '../../log.ts';
import type { Blocked, GateNews } from '../access/gate.ts';
import type { PackedRules } from '../access/packed-rules.ts';
import type { AccessRules } from '../access/rules.ts';
import type { IndexedFile } from '../file-index.ts';
import type { Approach } from '../https.ts';
import type { Listenings } from '../servers.ts';
import type { PackedFacts } from './packed-facts.ts';
import type { PackedIndex } from './packed-index.ts';
import type { PackedSettings } from './settings.ts';

/** What the main thread and its workers tell each other; all of it plain data. */

/** What a worker is told when it is made. */
export interface WorkerData {
  /** The folder that is served, absolute. */
  readonly out: string;
  /** Nothing but what the index names is served, and only with the bytes that it says. */
  readonly sealed: boolean;
  /** TFTP moves many datagrams with one system call. */
  readonly batchedUdp: boolean;
  /** How many workers share the limits. */
  readonly workers: number;
  /** Path of the socket where requests go that are not for phones. */
  readonly pages: string;
  /** `uploads` of the state folder. */
  readonly uploads: string;
  /** Name of the channel on which gates tell each other what they count. */
  readonly misses: string;
  /** The folder of what is on its way to the journal. */
  readonly spool: string;
  /** What its gate begins with; without one, everybody may fetch everything. */
  readonly gate?: Omit<GateSeed, 'rules'> & { readonly rules: PackedRules };
}

export interface GateSeed {
  readonly rules: AccessRules;
  /** Devices whose bootstrap tokens are spent. */
  readonly spent: readonly string[];
  /** The same for all gates. */
  readonly nonceKey: Uint8Array;
  /** Who is refused for guessing. */
  readonly blocked: readonly Blocked[];
}

/** What gates should know: of each other, or of a build. */
export type Tidings = GateNews | { readonly rules: AccessRules };

/** What a build changed. Names in lower case. */
export interface IndexChanges {
  readonly put: readonly (readonly [name: string, file: IndexedFile])[];
  readonly removed: readonly string[];
}

export interface Places {
  readonly host: string;
  readonly httpPort: number;
  readonly tftpPort: number;
  /** 0, or absent: any that is free. */
  readonly httpsPort?: number;
  /** Ports that TFTP answers from; none: the one that was asked. */
  readonly answerPorts: readonly number[];
}

export type ToWorker =
  | { readonly kind: 'settings'; readonly settings: PackedSettings }
  /** All of the index; changes before it are done with. */
  | { readonly kind: 'index'; readonly version: number; readonly packed: PackedIndex }
  | { readonly kind: 'changes'; readonly version: number; readonly changes: IndexChanges }
  | { readonly kind: 'rules'; readonly rules: PackedRules }
  | { readonly kind: 'news'; readonly news: GateNews }
  /** To be answered when all that was told before is done. */
  | { readonly kind: 'echo'; readonly number: number }
  | { readonly kind: 'approach'; readonly approach: Approach }
  | { readonly kind: 'listen'; readonly places: Places }
  /** So many facts were taken. */
  | { readonly kind: 'taken'; readonly facts: number }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'listening'; readonly listening: Listenings }
  /** It cannot listen, and says why in a sentence. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'echo'; readonly number: number }
  | { readonly kind: 'facts'; readonly facts: PackedFacts }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Fields;
    }
  | { readonly kind: 'news'; readonly news: GateNews };
