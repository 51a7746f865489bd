/** Whom a request is from: its address without port, behind listed proxies the client's own. */
export interface Client {
  readonly address: string;
  readonly protocol: 'http' | 'https';
  /** The proxies name two at once: whom it is from is not known. */
  readonly isTwo: boolean;
}
