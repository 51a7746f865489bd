import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Address } from '../sip/notify-request.ts';

/**
 * Watches whether the network says that a silent target cannot be reached; calls `refused` once at most. What it gives
 * back ends the watch; undefined when there is none, because too many are under way.
 */
export type Probe = (target: Address, refused: (error: Error) => void) => (() => void) | undefined;

/** Sockets that may be open at a time: a site without power has thousands of silent phones. */
const mostProbes = 256;

/**
 * ICMP errors (port, host or network unreachable) only reach a connected socket, and the standing one is not. So a
 * target that does not answer gets one line break from a socket connected to it: every SIP stack skips that (RFC 3261
 * section 7.5), and what the network says comes back as the error of that socket.
 */
export function createProbe(localAddress?: string): Probe {
  const open = { count: 0 };
  return (target, refused) => {
    if (open.count >= mostProbes) return undefined;
    open.count++;
    const socket = createSocket(isIPv6(target.address) ? 'udp6' : 'udp4');
    const stop = () => {
      if (!state.open) return;
      state.open = false;
      open.count--;
      socket.close();
    };
    const fail = (error: Error) => {
      if (!state.open) return;
      stop();
      refused(error);
    };
    const state = { open: true };
    socket.on('error', fail);
    try {
      if (localAddress !== undefined && isIPv6(localAddress) === isIPv6(target.address)) {
        socket.bindSync({ address: localAddress });
      }
      socket.connectSync(target.port, target.address);
      socket.send('\r\n\r\n', (error) => error && fail(error));
    } catch (error) {
      // Not on the caller's stack: whoever watches does not expect an answer before it has the means to stop.
      queueMicrotask(() => fail(error as Error));
    }
    return stop;
  };
}
