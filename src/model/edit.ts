import type { Mac } from '../model/mac.ts';
import type { Place } from '../problem.ts';
import type { Fields } from '../source/edit/value.ts';

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

export const isRefused = (answer: EditAnswer): answer is NotEdited => 'refused' in answer;
