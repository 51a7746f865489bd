import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeAck, writeRequest } from '../src/tftp/packet.ts';
import { descriptorLimit } from './proc.ts';

// A process that holds very many sockets of one address open: `many-sockets-of-one-address-starve-nobody.ts` forks it.
// Half of them are in the middle of a TFTP transfer, a quarter have asked for a file over HTTP and stay, a quarter have
// asked for half of it. Ends with the word `end`.

export interface FloodOrder {
  readonly sockets: number;
  readonly from: string;
  readonly http: number;
  readonly tftp: number;
  readonly path: string;
}

export interface Flooding {
  readonly opened: number;
  /** Transfers that were answered, and connections that were. */
  readonly answered: { readonly tftp: number; readonly http: number };
}

const host = '127.0.0.1';
/** What this process needs for itself. */
const reserve = 100;
const order: FloodOrder = JSON.parse(process.argv[2] ?? '{}');
const answered = { tftp: 0, http: 0 };
let opened = 0;
const open: (UdpSocket | Socket)[] = [];

function beginTransfer(): void {
  const socket = createSocket('udp4');
  let first = true;
  open.push(socket);
  socket.on('error', () => {});
  socket.once('listening', () => opened++);
  socket.on('message', (packet, { port }) => {
    if (packet[1] !== 3) return;
    if (first) answered.tftp++;
    // One block is acknowledged, the next is not.
    if (first) socket.send(writeAck(1), port, host);
    first = false;
  });
  const request = writeRequest({ method: 'RRQ', path: order.path, mode: 'octet', options: [] });
  socket.bind(0, order.from, () => socket.send(request, order.tftp, host));
}

function beginConnection(half: boolean): void {
  const socket = connect({ port: order.http, host, localAddress: order.from });
  open.push(socket);
  socket.on('error', () => {});
  socket.once('connect', () => {
    opened++;
    const request = `GET /${order.path} HTTP/1.1\r\nHost: x\r\n`;
    socket.write(half ? request : `${request}Range: bytes=0-9\r\n\r\n`);
  });
  socket.once('data', () => answered.http++);
  socket.resume();
}

const wanted = Math.min(order.sockets, descriptorLimit() - reserve);
for (let index = 0; index < wanted; index++) {
  if (index % 2 === 0) beginTransfer();
  else beginConnection(index % 4 === 1);
  // So that no queue of the kernel overflows for our haste.
  if (index % 100 === 99) await sleep(10);
}
// Until nothing more comes of it.
for (let before = -1, rounds = 0; before !== answered.tftp + answered.http && rounds < 20; rounds++) {
  before = answered.tftp + answered.http;
  await sleep(500);
}
const report: Flooding = { opened, answered };
process.send?.(report);
process.on('message', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
