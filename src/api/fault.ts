/** What is wrong with one part of a request. */
export interface Detail {
  /** JSON pointer into the body, or the name of a parameter. */
  readonly where: string;
  readonly message: string;
}

export interface FaultMore {
  /** In a few words, when the status does not say it: `Phone not found`. */
  readonly title?: string;
  readonly details?: readonly Detail[];
  readonly headers?: Readonly<Record<string, string>>;
  /** More members of a problem, for programs. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A refusal that its caller is told: status, a stable code, and a sentence of what was seen and what is wanted. */
export class Fault extends Error {
  readonly status: number;
  readonly code: string;
  readonly more: FaultMore;

  constructor(status: number, code: string, message: string, more: FaultMore = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}
