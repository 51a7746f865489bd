import { Secret } from '../model/secret.ts';
import type { Format } from '../model/vendor.ts';

/** A run of a template; nothing in it is a secret. */
export interface SafeJob {
  readonly paths: readonly string[];
  readonly template: string;
  readonly format: Format;
  readonly optional?: boolean;
  readonly context: unknown;
}

export interface SandboxQuestion {
  readonly templates: ReadonlyMap<string, string>;
  /** The template whose faults are told even where nobody uses it. */
  readonly about?: string;
  readonly jobs: readonly SafeJob[];
}

/** A file as people may see it: secrets as dots. */
export interface PreviewedFile {
  readonly name: string;
  readonly template: string;
  readonly text: string;
}

export interface PreviewProblem {
  readonly template: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export type SandboxAnswer =
  | { readonly files: readonly PreviewedFile[]; readonly problems: readonly PreviewProblem[] }
  /** It does not come to an end; it makes more than any phone takes. */
  | { readonly too: 'slow' | 'large' };

/** What stands for a secret on the way. */
interface Stand {
  readonly isSecret: true;
  readonly isEmpty: boolean;
}

/** A value as another process may have it: whoever runs a template of somebody knows no secret that it could give away. */
export function withoutSecrets(value: unknown): unknown {
  if (value instanceof Secret) return { isSecret: true, isEmpty: value.isEmpty } satisfies Stand;
  if (typeof value === 'function') return undefined;
  return mapped(value, withoutSecrets);
}

/** The same value again, with something in place of each secret. */
export function withStandIns(value: unknown): unknown {
  const { isSecret, isEmpty } = Object(value) as Partial<Stand>;
  if (isSecret === true) return new Secret(isEmpty ? '' : 'secret');
  return mapped(value, withStandIns);
}

function mapped(value: unknown, each: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(each);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, each(inner)]));
}
