import { createServer, type Socket } from 'node:net';
import { Ber, BerWriter } from 'ldapts';
import { onTestFinished } from 'vitest';
import { createFrames, type Frame } from '../../src/source/people/ldap/frames.ts';

/** One message of an answer: its operation, what stands in it, and its controls by OID. */
export interface Said {
  readonly operation: number;
  readonly write: (writer: BerWriter) => void;
  readonly controls?: Readonly<Record<string, Buffer>>;
}

const octets = (writer: BerWriter, value: string | Buffer) =>
  writer.writeBuffer(typeof value === 'string' ? Buffer.from(value) : value, Ber.OctetString);

export const said = {
  result: (operation: number, code = 0, controls: Said['controls'] = {}): Said => ({
    operation,
    controls,
    write(writer) {
      writer.writeEnumeration(code);
      octets(writer, '');
      octets(writer, '');
    },
  }),
  done: (controls: Said['controls'] = {}): Said => said.result(0x65, 0, controls),
  entry: (dn: string, attributes: Readonly<Record<string, readonly string[]>>): Said => ({
    operation: 0x64,
    write(writer) {
      octets(writer, dn);
      writer.startSequence();
      for (const [name, values] of Object.entries(attributes)) {
        writer.startSequence();
        octets(writer, name);
        writer.startSequence(0x31);
        for (const value of values) octets(writer, value);
        writer.endSequence();
        writer.endSequence();
      }
      writer.endSequence();
    },
  }),
  reference: (url: string): Said => ({ operation: 0x73, write: (writer) => octets(writer, url) }),
};

/** What a server gives with the last message of a page (RFC 2696). */
export function pageControl(cookie: string): Readonly<Record<string, Buffer>> {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(0);
  octets(writer, cookie);
  writer.endSequence();
  return { '1.2.840.113556.1.4.319': writer.buffer };
}

function messageOf(id: number, { operation, write, controls = {} }: Said): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(operation);
  write(writer);
  writer.endSequence();
  const list = Object.entries(controls);
  if (list.length > 0) {
    writer.startSequence(0xa0);
    for (const [oid, value] of list) {
      writer.startSequence();
      octets(writer, oid);
      octets(writer, value);
      writer.endSequence();
    }
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}

/** A request of a search: for what real servers hardly ever say. */
export interface Asked {
  readonly base: string;
  readonly attributes: readonly string[];
  readonly cookie: string;
}

/** A directory that says what it is told to; its root says nothing. Gives its URL. */
export async function scriptedDirectory(answer: (asked: Asked) => readonly Said[]): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const frames = createFrames();
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const frame of frames.take(Buffer.from(chunk))) {
        if (frame.operation === 0x60) socket.write(messageOf(frame.id, said.result(0x61)));
        if (frame.operation !== 0x63) continue;
        const asked = askedOf(frame);
        const all = asked.base === '' ? [said.entry('', {}), said.done()] : answer(asked);
        socket.write(Buffer.concat(all.map((one) => messageOf(frame.id, one))));
      }
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise((done) => server.once('listening', done));
  return `ldap://127.0.0.1:${Object(server.address()).port}`;
}

function askedOf({ body, controls }: Frame): Asked {
  const base = body.text();
  // Scope, aliases, two limits, names only, the filter.
  for (let index = 0; index < 6; index++) body.skip();
  const attributes: string[] = [];
  for (const list = body.enter(0x30); !list.isAtEnd; ) attributes.push(list.text());
  const [cookie = ''] = [...controls().values()].map((value) => value.subarray(value.indexOf(0x04) + 2).toString());
  return { base, attributes, cookie };
}
