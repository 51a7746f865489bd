/**
 * A client of TFTP as RFC 1350 and RFC 7440 describe it, without socket or clock: for tests over simulated networks.
 * Where the RFCs leave a choice, the options make it.
 */
export interface ModelClient {
  /** A DATA packet came; the answer is the number of the block that is acknowledged, if one is. */
  data(wireBlock: number, bytes: Buffer): number | undefined;
  /** The OACK came. */
  oack(): number | undefined;
  /** Nothing came for a while: acknowledges again what it has, if it has anything and is not done. */
  timeout(): number | undefined;
  done(): boolean;
  bytes(): Buffer;
}

export interface ModelOptions {
  readonly blockSize: number;
  readonly windowSize: number;
  /** Answers a block that it has already, as old clients do: the other half of the Sorcerer's Apprentice. */
  readonly answersRepeats: boolean;
  /** Answers a block that comes too early at once; else it waits for its own timeout. */
  readonly answersGaps: boolean;
}

export function createModelClient({ blockSize, windowSize, answersRepeats, answersGaps }: ModelOptions): ModelClient {
  const parts: Buffer[] = [];
  let sinceAck = 0;
  let done = false;

  const acknowledge = () => {
    sinceAck = 0;
    return parts.length & 0xffff;
  };

  return {
    oack: () => (parts.length === 0 ? 0 : undefined),
    timeout: () => (parts.length > 0 && !done ? acknowledge() : undefined),
    done: () => done,
    bytes: () => Buffer.concat(parts),
    data(wireBlock, bytes) {
      const ahead = (wireBlock - (parts.length & 0xffff)) & 0xffff;
      if (ahead === 0 || ahead > 0x8000) return answersRepeats || done ? acknowledge() : undefined;
      if (ahead > 1 || done) return answersGaps ? acknowledge() : undefined;
      parts.push(Buffer.from(bytes));
      done = bytes.length < blockSize;
      sinceAck++;
      return done || sinceAck >= windowSize ? acknowledge() : undefined;
    },
  };
}
