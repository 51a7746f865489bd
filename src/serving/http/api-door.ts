import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Asked } from './exchange.ts';

/** Whom a request is from: the client itself, where listed proxies stand between. */
export type Guest = Pick<Asked, 'address' | 'protocol' | 'isTwo'>;

/** Where requests of the API go that come in on the phones' port. What it is given it answers by itself. */
export interface ApiDoor {
  /** Whether it is open here, now; else the path is that of a file. */
  isOpen(): boolean;
  answer(request: IncomingMessage, response: ServerResponse, guest: Guest): void;
  /** A wish for another protocol on the connection (WebSocket), with what came behind its head. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, guest: Guest): void;
}

/** Paths of which none is a phone's: pages of operators' tools, and the API. */
export const isForPeople = (path: string): boolean => path.startsWith('/-/') || isOfApi(path);

const isOfApi = (path: string): boolean => path.startsWith('/api/') || path === '/ws' || path === '/api';

/** Where the request of this path goes, if it is one of an API that is open here. */
export function doorFor(path: string, api: (() => ApiDoor | undefined) | undefined): ApiDoor | undefined {
  const door = isOfApi(path) ? api?.() : undefined;
  return door?.isOpen() ? door : undefined;
}
