/** What a call changed, as the one who carried it out has it: never a secret. */
export interface Changed {
  /** What it was about: a MAC, an extension, a file. */
  readonly target?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}
