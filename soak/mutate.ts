/** Takes good packets apart and puts them together wrongly; the same random numbers give the same packets. */
export function createMutator(good: readonly Buffer[], random: () => number): () => Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const noise = (size: number) => Buffer.from(Array.from({ length: size }, () => below(256)));
  const replaced = (packet: Buffer, from: number, to: number, by: Uint8Array) =>
    Buffer.concat([packet.subarray(0, from), by, packet.subarray(to)]);

  const ways: readonly ((packet: Buffer) => Buffer)[] = [
    function flipBits(packet) {
      const flipped = Buffer.from(packet);
      for (let count = below(8); packet.length > 0 && count >= 0; count--) {
        const at = below(flipped.length);
        flipped[at] = flipped[at]! ^ (1 << below(8));
      }
      return flipped;
    },
    (packet) => packet.subarray(0, below(packet.length + 1)),
    (packet) => packet.subarray(below(packet.length + 1)),
    (packet) => replaced(packet, below(packet.length + 1), packet.length, pick(good)),
    (packet) => Buffer.concat([packet, noise(below(64))]),
    function insertNoise(packet) {
      const at = below(packet.length + 1);
      return replaced(packet, at, at, noise(1 + below(16)));
    },
    function leaveOut(packet) {
      const at = below(packet.length + 1);
      return replaced(packet, at, Math.min(packet.length, at + 1 + below(16)), Buffer.alloc(0));
    },
    function repeatPart(packet) {
      const at = below(packet.length + 1);
      const part = packet.subarray(at, at + 1 + below(32));
      return replaced(packet, at, at, Buffer.concat(Array.from({ length: 1 + below(20) }, () => part)));
    },
    function setToExtreme(packet) {
      const at = below(packet.length + 1);
      return replaced(packet, at, Math.min(packet.length, at + 2), pick(extremes));
    },
    (packet) =>
      Buffer.from(
        packet.toString('latin1').replace(/\d+/, () => pick(numbers)),
        'latin1',
      ),
  ];

  return () => {
    let packet = pick(good);
    // Now and then a good one: what it begins, the next one breaks.
    for (let count = below(4); count > 0; count--) packet = pick(ways)(packet);
    const isLong = random() < 0.01 && packet.length > 0;
    return isLong ? Buffer.alloc(usual + below(longest - usual), packet) : packet.subarray(0, usual);
  };
}

/** Bytes: of a datagram that goes through every network, and nearly the longest that there is. */
const usual = 1400;
const longest = 65_000;

const extremes = ['0000', 'ffff', '0001', '7fff', '8000', '00', '0d0a', '0d0a0d0a', '2e2e2f', 'c0af', '25303025'].map(
  (hex) => Buffer.from(hex, 'hex'),
);
const numbers = [
  '0',
  '-1',
  '1',
  '8',
  '65464',
  '65465',
  '65536',
  '4294967296',
  '99999999999999999999',
  '1e9',
  '0x10',
  '',
];
