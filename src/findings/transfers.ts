import type { FetchFact } from '../model/fact.ts';
import { quoted } from '../problem.ts';
import { rule, whose } from './rule.ts';

/** Transfers of one file to one client that were cut off one after the other. */
interface Cuts {
  readonly last?: FetchFact;
  /** In a row, and in a row at the same byte. */
  readonly all: number;
  readonly same: number;
}

const none: Cuts = { all: 0, same: 0 };

const isTransfer = ({ status, method }: FetchFact) => status === 200 && (method === 'GET' || method === 'RRQ');
const group = (fact: FetchFact) => (isTransfer(fact) ? `${whose(fact)} ${fact.file ?? fact.path}` : undefined);

function add({ last, all, same }: Cuts, fact: FetchFact): Cuts {
  if (fact.complete) return none;
  return { last: fact, all: all + 1, same: last?.bytes === fact.bytes ? same + 1 : 1 };
}

const isSamePlace = ({ last, same }: Cuts): boolean =>
  last?.protocol === 'tftp' && same > 1 && (last.timeouts ?? 0) > 0;

/** TFTP that is cut off again and again at the same block. */
export const blockSize = rule<Cuts>({
  id: 'block-size',
  severity: 'error',
  group,
  begin: () => none,
  add,
  look(cuts) {
    const { last, same } = cuts;
    if (!last || !isSamePlace(cuts)) return undefined;
    const { device, address, bytes, path } = last;
    return {
      ...{ device, address, count: same },
      seen: `transfers of ${quoted(path)} stop after ${bytes} bytes, each time at the same block`,
      fix: 'find where on the way the MTU is smaller (a VPN, a VLAN, PPPoE): raise it there, or let the phone ask with smaller blocks (blksize), or over HTTP',
    };
  },
});

const most = 3;

/** Transfers that do not come to their end. */
export const cutOff = rule<Cuts>({
  id: 'cut-off',
  severity: 'warning',
  group,
  begin: () => none,
  add,
  look(cuts) {
    const { last, all } = cuts;
    if (!last || all < most || isSamePlace(cuts)) return undefined;
    const { device, address, bytes, path, reason = 'the connection ended' } = last;
    return {
      ...{ device, address, count: all },
      seen: `${quoted(path)} was not sent as a whole, the last time after ${bytes} bytes: ${reason}`,
      fix: 'look at the line and the power of the phone, and at firewalls that end connections',
    };
  },
});
