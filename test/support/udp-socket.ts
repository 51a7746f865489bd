import { createSocket } from 'node:dgram';

export interface Received {
  readonly packet: Buffer;
  readonly port: number;
}

/** A UDP socket of 127.0.0.1, or of another address, that keeps what it receives. */
export interface UdpSocket {
  readonly port: number;
  send(packet: Uint8Array, port: number): void;
  /** The next that came and was not taken yet; waits for it. */
  next(): Promise<Received>;
  /** All that came and was not taken yet, after a wait of so many milliseconds. */
  after(milliseconds: number): Promise<Received[]>;
  close(): void;
}

export function openUdp(address = '127.0.0.1'): UdpSocket {
  const type = address.includes(':') ? 'udp6' : 'udp4';
  // Without a look-up of its own dgram sends in the next tick, and not at all when it is closed before.
  const socket = createSocket({ type, lookup: (host, _options, done) => done(null, host, type === 'udp6' ? 6 : 4) });
  const arrived: Received[] = [];
  const waiting: ((received: Received) => void)[] = [];
  socket.on('message', (packet, { port }) => {
    const taker = waiting.shift();
    if (taker) taker({ packet, port });
    else arrived.push({ packet, port });
  });
  socket.bindSync({ address });
  return {
    port: socket.address().port,
    send: (packet, port) => socket.send(packet, port, address),
    next() {
      const received = arrived.shift();
      return received ? Promise.resolve(received) : new Promise((resolve) => waiting.push(resolve));
    },
    async after(milliseconds) {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return arrived.splice(0);
    },
    close: () => socket.close(),
  };
}
