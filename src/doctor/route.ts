import { createSocket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';

/** Why no UDP datagram can leave for an address, as the system says it (`ENETUNREACH`); undefined when one can. Nothing is sent. */
export function whyNoRoute(address: string, port: number): string | undefined {
  if (isIP(address) === 0) return undefined;
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    socket.bindSync();
    socket.connectSync(port, address);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.close();
  }
}
