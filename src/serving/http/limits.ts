/** How long and how much the HTTP server bears; times in milliseconds. */
export interface HttpLimits {
  /** Until the headers of a request are there, from its first byte or from the connection. */
  readonly headers: number;
  /** Until the whole request is there. */
  readonly request: number;
  /** An idle connection is kept for the next request. */
  readonly idle: number;
  /** A connection on which nothing moves, in mid-answer, say. */
  readonly stalled: number;
  /** An answer may take this long, and `slowest` bytes a second on top. */
  readonly answer: number;
  readonly slowest: number;
  /** Connections at once; more are closed unanswered. */
  readonly connections: number;
  /** Requests waiting on one connection. */
  readonly pipelined: number;
  /** Bytes of a request's headers. */
  readonly headerBytes: number;
  /** Bytes of a body that is not wanted, read so that the answer arrives: who is still sending sees a broken connection. */
  readonly unwantedBody: number;
  /** After `stop`, until what is still under way is cut off. */
  readonly stop: number;
}

export const defaultLimits: HttpLimits = {
  headers: 10_000,
  request: 30_000,
  idle: 10_000,
  stalled: 30_000,
  answer: 60_000,
  slowest: 4_096,
  connections: 10_000,
  pipelined: 100,
  headerBytes: 16_384,
  unwantedBody: 16_777_216,
  stop: 8_000,
};
