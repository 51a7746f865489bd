import type { Option } from '../../tftp/packet.ts';

/** What both sides agreed on: sizes in bytes, the window in blocks, the timeout in seconds. */
export interface Agreement {
  readonly blockSize: number;
  readonly windowSize: number;
  /** Seconds until a retransmission; absent when the client left it to us. */
  readonly timeout?: number;
  /** What the OACK says, named as the client named it, in the client's order; empty: no OACK. */
  readonly accepted: readonly Option[];
}

/** The most that is agreed to; a client that asks for more gets this. */
export interface Ceilings {
  /** Bytes of data in a packet: 1468 fills an Ethernet frame of 1500 bytes. */
  readonly blockSize: number;
  /** Blocks that are on the way at once. */
  readonly windowSize: number;
  /** Bytes that are on the way at once, whatever the two above allow: a burst that sockets still hold. */
  readonly windowBytes: number;
}

/** Least and most that each RFC allows; a value outside is ignored as an option that is not known. */
const bounds = {
  blksize: [8, 65_464], // RFC 2348
  timeout: [1, 255], // RFC 2349
  tsize: [0, Number.MAX_SAFE_INTEGER], // RFC 2349
  windowsize: [1, 65_535], // RFC 7440
} as const;

type Name = keyof typeof bounds;

/** Answers the options of a read request for a file of `size` bytes (RFC 2347: what is not agreed to is left out). */
export function negotiate(requested: readonly Option[], size: number, ceilings: Ceilings): Agreement {
  const asked = readOptions(requested);
  const value = (name: Name) => asked.get(name)?.value;
  const blockSize = Math.min(value('blksize') ?? 512, ceilings.blockSize);
  const windowMost = Math.max(1, Math.min(ceilings.windowSize, Math.floor(ceilings.windowBytes / blockSize)));
  const windowSize = Math.min(value('windowsize') ?? 1, windowMost);
  const timeout = value('timeout');
  // The size of an empty file is left out: curl takes a tsize of 0 for a fault.
  const answers = { blksize: blockSize, timeout, tsize: size || undefined, windowsize: windowSize };
  const accepted = [...asked].flatMap(([name, { spelling }]): Option[] => {
    const answer = answers[name];
    return answer === undefined ? [] : [[spelling, String(answer)]];
  });
  return { blockSize, windowSize, timeout, accepted };
}

interface Asked {
  readonly spelling: string;
  readonly value: number;
}

/** The known options with values in bounds, the first of each name. */
function readOptions(requested: readonly Option[]): Map<Name, Asked> {
  const asked = new Map<Name, Asked>();
  for (const [spelling, text] of requested) {
    const name = spelling.toLowerCase();
    if (!isName(name) || asked.has(name) || !/^\d{1,15}$/.test(text)) continue;
    const value = Number(text);
    const [least, most] = bounds[name];
    if (value >= least && value <= most) asked.set(name, { spelling, value });
  }
  return asked;
}

const isName = (text: string): text is Name => Object.hasOwn(bounds, text);
