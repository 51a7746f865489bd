import type { Place } from '../problem.ts';
import type { Mac } from './mac.ts';

/** What may be written: text, numbers and words for the schema, and null for what is to go. */
export type Value = string | number | boolean | null | readonly Value[] | Fields;
export interface Fields {
  readonly [key: string]: Value;
}

/** A change of one device that somebody asks for. */
export type WantedEdit =
  /** `replace`: what is there already takes over these words. */
  | { readonly kind: 'add'; readonly mac: Mac; readonly device: Fields; readonly replace?: boolean }
  /** A JSON merge patch (RFC 7396) of the entry. */
  | { readonly kind: 'change'; readonly mac: Mac; readonly patch: Fields }
  | { readonly kind: 'remove'; readonly mac: Mac };

export interface EditRequest {
  readonly edit: WantedEdit;
  /** As audit rows call whoever asks. */
  readonly author: string;
  /** The ETags of `If-Match`, without quotes; `*` for whatever there is. */
  readonly match?: readonly string[];
}

/** What was done, and where. */
export interface Edited {
  readonly done: 'file' | 'commit' | 'branch' | 'nothing';
  /** From the project. */
  readonly file: string;
  /** Hash of the bytes that the file has now; with a branch, that it still has. */
  readonly tag: string;
  readonly commit?: string;
  readonly branch?: string;
  /** Whether the device was there before. */
  readonly existed: boolean;
  readonly warnings: readonly string[];
}

/** Why nothing was done. */
export interface NotEdited {
  readonly refused:
    | 'off'
    | 'missing'
    | 'exists'
    /** `If-Match` names another text. */
    | 'precondition'
    /** The result has faults. */
    | 'faults'
    /** A person has to do something first, or to do it himself. */
    | 'conflict';
  readonly message: string;
  readonly faults?: readonly EditFault[];
}

/** What is wrong at a place of a file: a problem of `offhook check`, or why the text is left to a person. */
export interface EditFault extends Place {
  readonly code?: string;
  readonly message: string;
}

export type EditAnswer = Edited | NotEdited;

export const isRefused = (answer: object): answer is NotEdited => 'refused' in answer;

export const isMap = (value: Value | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What became of the phone after a change. */
export interface PhoneNews {
  /** `told`: it, or a PBX for it, has taken the NOTIFY; `pending`: nobody knows yet; `untold`: it was not, or not to any end. */
  readonly phone: 'told' | 'pending' | 'untold';
  /** Why, or how, in a sentence without a full stop. */
  readonly message: string;
}

/** A change that was made, with what stood there before as the file had it, or that was not. */
export type DeviceEdited = (Edited & { readonly before: unknown; readonly news: PhoneNews }) | NotEdited;
