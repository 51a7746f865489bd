import type { Socket } from 'node:net';
import { isForPeople } from './api-door.ts';
import type { Client, IsProxy } from './client.ts';
import type { Recorder } from './exchange.ts';
import { createFieldsReader } from './fields.ts';
import { createFind } from './find.ts';
import { createFull } from './full.ts';
import { type HandlerOptions, pathOf } from './handler.ts';
import type { House } from './house.ts';
import type { HttpLimits } from './limits.ts';
import { Talk } from './talk.ts';
import { createWrite } from './wire.ts';

export interface ReceptionOptions extends Omit<HandlerOptions, 'unwantedBody'> {
  readonly limits: HttpLimits;
  readonly recorder: Recorder;
  readonly isProxy: IsProxy;
  readonly handOver?: (path: string, method: string) => boolean;
  readonly pass?: (socket: Socket, head: Buffer, client: Client) => void;
  readonly fast?: boolean;
}

/** Where connections stay from their first request to their end. */
export interface Reception {
  admit(socket: Socket, client: Client): void;
  /** Ends what takes too long; called now and then. */
  sweep(): void;
  /** From now on a connection is closed when its answer is out, idle ones at once. */
  close(): void;
  /** Ends what is still open. */
  destroy(): void;
}

export function createReception(options: ReceptionOptions): Reception {
  const { limits, recorder, isProxy, handOver = isForPeople, pass, fast = true } = options;
  const full = createFull({ ...options, once: pass !== undefined });
  const fields = createFieldsReader();
  const talks = new Set<Talk>();
  const passed = new Set<Socket>();
  const house: House & { closing: boolean } = {
    ...{ limits, recorder, isProxy, talks, write: createWrite(limits.idle), closing: false, find: createFind(options) },
    fieldsOf: fields.read,
    elsewhere(target, method) {
      if (!handOver(pathOf(target), method)) return undefined;
      return pass === undefined ? 'full' : 'passed';
    },
    giveTo(elsewhere, given, known) {
      const { socket, bytes, client } = given;
      if (elsewhere === 'full' || pass === undefined) return full.take(given, known);
      passed.add(socket);
      socket.pause().once('close', () => passed.delete(socket));
      pass(socket, bytes, client);
    },
  };

  return {
    admit(socket, client) {
      if (fast) new Talk(socket, client, house);
      else full.take({ socket, client, bytes: Buffer.alloc(0) });
    },
    sweep() {
      const now = performance.now();
      for (const talk of talks) talk.sweep(now);
      full.sweep();
      fields.forget();
    },
    close() {
      house.closing = true;
      for (const { isIdle, socket } of talks) if (isIdle) socket.destroy();
      full.close();
    },
    destroy() {
      const reason = 'the server was stopped, and did not wait any longer';
      for (const talk of talks) talk.cut(reason);
      for (const socket of passed) socket.destroy();
      full.destroy(reason);
    },
  };
}
