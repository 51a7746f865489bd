/** Thrown where an upload is not kept; becomes the answer. */
export class Unkept extends Error {
  readonly status: 400 | 403 | 404 | 413 | 415 | 500 | 503 | 507;

  constructor(status: Unkept['status'], reason: string) {
    super(reason);
    this.status = status;
  }
}

const full = new Set(['ENOSPC', 'EDQUOT']);
const exhausted = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** What the operating system says, as an answer. */
export function unkeptBy(error: unknown): Unkept {
  if (error instanceof Unkept) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (full.has(code)) return new Unkept(507, 'the disk is full');
  if (exhausted.has(code)) return new Unkept(503, `it cannot be kept now: ${code}`);
  return new Unkept(500, `it cannot be kept: ${code}`);
}
