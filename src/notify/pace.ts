import type { Clock } from './clock.ts';

/** Whose turn it is, and how many it may have a second where that is not as for all. */
export interface Turn {
  readonly address: string;
  readonly perAddress?: number;
  readonly group?: string;
  readonly perGroup?: number;
}

export interface Pace {
  /** Resolves when it is the turn of this address, and of its group; false when `stop` came first. */
  turn(turn: Turn): Promise<boolean>;
  stop(): void;
}

export interface PaceOptions {
  /** Turns a second in all, and for one address; Infinity for as many as the machine can. */
  readonly perSecond: number;
  readonly perAddressPerSecond: number;
  readonly clock: Clock;
  /** Calls back in the next turn of the event loop. */
  readonly soon?: (call: () => void) => void;
}

type Go = () => void;

/** Turns come first asked, first served; whoever has to wait for its own address lets the others pass. */
export function createPace({ perSecond, perAddressPerSecond, clock, soon = setImmediate }: PaceOptions): Pace {
  const later = (at: number, call: Go): void => {
    const after = at - clock.now();
    if (after > 0) clock.set(after, call);
    else call();
  };
  const bucket = createBucket(perSecond);
  const start = createStarter(soon);
  const throughBucket = (go: Go) => later(bucket.take(clock.now()), () => start(go));
  const addresses = createLanes({ clock, later });
  const groups = createLanes({ clock, later });
  const waiting = new Set<(went: boolean) => void>();
  const state = { stopped: false };

  /** A group, then an address, then all. */
  function queue({ address, perAddress = perAddressPerSecond, group, perGroup }: Turn, go: Go): void {
    const viaAddress = addresses.through(address, { pause: 1_000 / perAddress, onward: throughBucket });
    if (group === undefined || perGroup === undefined) viaAddress(go);
    else groups.through(group, { pause: 1_000 / perGroup, onward: viaAddress })(go);
  }

  function wait(turn: Turn, done: (went: boolean) => void): void {
    const go = () => {
      waiting.delete(done);
      done(true);
    };
    waiting.add(done);
    queue(turn, go);
  }

  return {
    turn: (turn) => new Promise((done) => (state.stopped ? done(false) : wait(turn, done))),
    stop() {
      state.stopped = true;
      for (const done of waiting) done(false);
      waiting.clear();
    },
  };
}

/** A token bucket of a twentieth of a second, but one token at least; kept as the moment at which it is full again. */
function createBucket(perSecond: number): { take(now: number): number } {
  const each = 1_000 / perSecond;
  const ahead = each === 0 ? 0 : (Math.max(1, Math.floor(perSecond / 20)) - 1) * each;
  const state = { full: Number.NEGATIVE_INFINITY };
  return {
    /** Takes a token; gives the moment from which it may be used. */
    take(now) {
      const at = Math.max(now, state.full - ahead);
      state.full = Math.max(state.full, at) + each;
      return at;
    },
  };
}

interface Lane {
  readonly queue: Passenger[];
  moving: boolean;
  /** The moment from which the next may go. */
  free: number;
}

interface Passage {
  /** Milliseconds until the next of the lane. */
  readonly pause: number;
  /** Where to go on when it is the first of its lane. */
  readonly onward: (go: Go) => void;
}

interface Passenger extends Passage {
  readonly go: Go;
}

interface LaneOptions {
  readonly clock: Clock;
  readonly later: (at: number, call: Go) => void;
}

interface Lanes {
  through(name: string, passage: Passage): (go: Go) => void;
}

/** Lanes that are remembered before the idle ones are forgotten; after that, twice what is left. */
const fewLanes = 1_000;

/** A lane for each name: the next of it asks to go on when the one before has gone, and the pause is over. */
function createLanes({ clock, later }: LaneOptions): Lanes {
  const lanes = new Map<string, Lane>();
  const state = { many: fewLanes };

  function laneOf(name: string): Lane {
    const known = lanes.get(name);
    if (known) return known;
    if (lanes.size >= state.many) forgetIdle();
    const lane = { queue: [], moving: false, free: Number.NEGATIVE_INFINITY };
    lanes.set(name, lane);
    return lane;
  }

  function forgetIdle(): void {
    const now = clock.now();
    for (const [name, lane] of lanes) if (!lane.moving && lane.free <= now) lanes.delete(name);
    state.many = Math.max(fewLanes, 2 * lanes.size);
  }

  function advance(lane: Lane): void {
    const next = lane.queue.shift();
    lane.moving = next !== undefined;
    if (!next) return;
    const go = () => {
      lane.free = clock.now() + next.pause;
      next.go();
      advance(lane);
    };
    later(lane.free, () => next.onward(go));
  }

  return {
    through: (name, passage) => (go) => {
      if (passage.pause === 0) return passage.onward(go);
      const lane = laneOf(name);
      lane.queue.push({ ...passage, go });
      if (!lane.moving) advance(lane);
    },
  };
}

/** Starts in one turn of the event loop: no more than datagrams are read in one, so that answers do not pile up. */
const startsPerTurn = 32;

function createStarter(soon: (call: Go) => void): (go: Go) => void {
  const ready: Go[] = [];
  const state = { draining: false };
  const drain = () => {
    for (const go of ready.splice(0, startsPerTurn)) go();
    state.draining = ready.length > 0;
    if (state.draining) soon(drain);
  };
  return (go) => {
    ready.push(go);
    if (state.draining) return;
    state.draining = true;
    soon(drain);
  };
}
