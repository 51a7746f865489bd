/** What any load client has seen. Times in milliseconds but for `seconds` and `cpu`. */
export interface LoadSeen {
  readonly failed: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Processor seconds of the client. */
  readonly cpu: number;
}
