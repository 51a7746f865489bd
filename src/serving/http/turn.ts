import { ask } from './client.ts';
import { openExchange, type Way } from './exchange.ts';
import type { Found } from './find.ts';
import type { Read, Talk } from './house.ts';
import { refuse, sendFound } from './respond.ts';

/** Answers one request of a connection. What goes wrong in it becomes its answer, or ends the connection: it never throws. */
export function takeTurn(talk: Talk, read: Read): void {
  const { house } = talk;
  const exchange = openTurn(talk, read);
  try {
    const found = house.find(exchange.asked);
    if (found instanceof Promise)
      found.then((late) => answer(talk, late)).catch((error) => refuse(exchange, faultOf(error)));
    else answer(talk, found);
  } catch (error) {
    refuse(exchange, faultOf(error));
  }
}

const faultOf = (error: unknown) => ({ status: 500, reason: `a fault of offhook: ${error}` });

/** Makes it the one that is being answered. */
export function openTurn(talk: Talk, read: Read): NonNullable<Talk['turn']>['exchange'] {
  const { client, house, way } = talk;
  const exchange = openExchange(ask(client, read.head, house.isProxy), way, house.recorder);
  talk.turn = { read, exchange, begun: false, kept: false, taken: 0 };
  return exchange;
}

function answer(talk: Talk, found: Found): void {
  const { exchange } = talk.turn ?? {};
  if (exchange === undefined || exchange.over || sendFound(exchange, found)) return;
  // A file on disk: node:http streams it. What we found is told, so that nobody is asked twice.
  talk.handOver({ target: exchange.asked.target, found });
}

const nothing = Buffer.alloc(0);

/** How an answer gets out of a talk. */
export function wayOf(socket: Talk['socket'], talk: () => Talk): Way {
  return {
    get begun() {
      return talk().turn?.begun === true;
    },
    send(status, headers, body = nothing) {
      const { turn, house } = talk();
      if (turn === undefined || turn.begun) return;
      const { keepAlive, minor } = turn.read.head;
      turn.begun = true;
      // HTTP/1.0 knows the end of what has no length only by the end of the connection.
      turn.kept = keepAlive && !house.closing && (minor === 1 || status !== 304);
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      house.write(socket, { status, headers, body: bytes, keepAlive: turn.kept }, (taken) => {
        turn.taken = taken;
        if (taken === bytes.length) finish(talk());
      });
    },
    taken: () => talk().turn?.taken ?? 0,
    destroy: () => void socket.destroy(),
  };
}

/** The system has the whole answer. */
function finish(talk: Talk): void {
  const { turn } = talk;
  if (turn === undefined) return;
  turn.exchange.finished();
  talk.turn = undefined;
  talk.next(turn.kept);
}
