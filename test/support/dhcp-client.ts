import { createSocket } from 'node:dgram';

// A phone that asks for an address, as a process of its own in its own network: prints the options of the offer, as JSON of
// codes and hexadecimal bytes. Arguments: what it says in option 60, hexadecimal.

const [, , says = ''] = process.argv;
const xid = Math.floor(Math.random() * 2 ** 32);
const asked = [1, 3, 43, 66, 67, 114, 150, 160, 242];

/** DHCPDISCOVER, to be answered by broadcast (RFC 2131 sections 2 and 4.1). */
function discover(): Buffer {
  const head = Buffer.alloc(240);
  head.set([1, 1, 6, 0]);
  head.writeUInt32BE(xid, 4);
  head.writeUInt16BE(0x8000, 10);
  head.set([0x80, 0x5e, 0xc0, 0, 0, 1], 28);
  head.writeUInt32BE(0x63825363, 236);
  const own = Buffer.from(says, 'hex');
  const options = [53, 1, 1, 55, asked.length, ...asked, ...(own.length > 0 ? [60, own.length, ...own] : []), 255];
  return Buffer.concat([head, Buffer.from(options), Buffer.alloc(60)]);
}

function optionsOf(message: Buffer): Record<number, string> {
  const found: Record<number, string> = {};
  for (let at = 240; at < message.length && message[at] !== 255; ) {
    const [code = 0, length = 0] = message.subarray(at, at + 2);
    if (code === 0) at++;
    else {
      found[code] = (found[code] ?? '') + message.subarray(at + 2, at + 2 + length).toString('hex');
      at += 2 + length;
    }
  }
  return found;
}

const socket = createSocket('udp4');
socket.on('message', (message) => {
  if (message[0] !== 2 || message.readUInt32BE(4) !== xid) return;
  console.log(JSON.stringify(optionsOf(message)));
  process.exit(0);
});
socket.bind(68, '0.0.0.0', () => {
  socket.setBroadcast(true);
  const ask = () => socket.send(discover(), 67, '255.255.255.255');
  ask();
  setInterval(ask, 500);
});
setTimeout(() => process.exit(1), 30_000);
