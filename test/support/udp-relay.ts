import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createRandom } from './random.ts';

/** How often each thing happens to a datagram, from 0 to 1; the same seed gives the same faults. */
export interface Faults {
  readonly seed: number;
  readonly lose?: number;
  readonly double?: number;
  /** Held back for some milliseconds, so that later ones overtake it. */
  readonly delay?: number;
  /** Datagrams that nothing happens to. */
  spares?(datagram: Buffer): boolean;
}

export interface UdpRelay {
  readonly port: number;
  /** What was done to datagrams so far, both ways together. */
  readonly done: { lost: number; doubled: number; delayed: number };
  stop(): Promise<void>;
}

/**
 * A bad network on 127.0.0.1: passes datagrams between clients and the server on port `to`. A server that answers from
 * another port is shown to the client under another port of the relay.
 */
export async function startUdpRelay(to: number, faults: Faults): Promise<UdpRelay> {
  const sockets: Socket[] = [];
  const flows = new Map<string, Promise<Socket>>();
  const done = { lost: 0, doubled: 0, delayed: 0 };
  const treat = createFaults(faults, done);
  const front = await openSocket();
  front.on('message', (datagram, { port }) => fromClient(datagram, { front, client: port, server: to }));

  async function openSocket(): Promise<Socket> {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  }

  async function fromClient(datagram: Buffer, flow: Flow): Promise<void> {
    const upstream = await find(`up ${flow.client}`, () => openUpstream(flow.client));
    treat(datagram, () => send(upstream, datagram, flow.server));
  }

  async function openUpstream(client: number): Promise<Socket> {
    const upstream = await openSocket();
    upstream.on('message', async (datagram, { port: server }) => {
      const face = server === to ? front : await find(`down ${client} ${server}`, () => openFace(server));
      treat(datagram, () => send(face, datagram, client));
    });
    return upstream;
  }

  async function openFace(server: number): Promise<Socket> {
    const face = await openSocket();
    face.on('message', (datagram, { port }) => fromClient(datagram, { front: face, client: port, server }));
    return face;
  }

  function find(key: string, make: () => Promise<Socket>): Promise<Socket> {
    const found = flows.get(key) ?? make();
    flows.set(key, found);
    return found;
  }

  return {
    port: front.address().port,
    done,
    async stop() {
      for (const socket of sockets.splice(0)) socket.close();
    },
  };
}

interface Flow {
  readonly front: Socket;
  readonly client: number;
  readonly server: number;
}

function createFaults({ seed, lose = 0, double = 0, delay = 0, spares = () => false }: Faults, done: UdpRelay['done']) {
  const random = createRandom(seed);
  return (datagram: Buffer, send: () => void): void => {
    const [lost, doubled, delayed, wait] = [random() < lose, random() < double, random() < delay, random() * 20];
    if (spares(datagram)) send();
    else if (lost) done.lost++;
    else {
      if (doubled) done.doubled++;
      if (delayed) done.delayed++;
      if (delayed) setTimeout(send, wait);
      if (!delayed || doubled) send();
    }
  };
}

/** The relay may be stopped while a datagram is held back. */
function send(socket: Socket, datagram: Buffer, port: number): void {
  try {
    socket.send(datagram, port, '127.0.0.1');
  } catch {}
}
