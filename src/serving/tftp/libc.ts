/**
 * The few functions of the C library that move many datagrams with one call; the one door to `node:ffi`, which is loaded
 * when somebody asks for it (`--batched-udp`) and not before: it is experimental, and a fault in it is the process' end.
 * Without it `node:dgram` does the same, one datagram at a time.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number;
  bind(fd: number, address: Buffer, length: number): number;
  close(fd: number): number;
  /** How many came, or -1; the time-out is none. */
  recvmmsg(fd: number, messages: Buffer, count: number, flags: number, timeout: null): number;
  /** How many were taken, or -1 when the first was not. */
  sendmmsg(fd: number, messages: bigint, count: number, flags: number): number;
  /** Where a buffer is. It must be of its own memory (`allocUnsafeSlow`), and be kept for as long as the pointer is. */
  pointerTo(buffer: Buffer): bigint;
}

const signatures = {
  getpid: { arguments: [], return: 'i32' },
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
  sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
} as const;

/** Undefined where the structures are not those of messages.ts, or Node has no FFI as we know it. Never rejects. */
export async function loadLibc(): Promise<Libc | undefined> {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return undefined;
  try {
    const ffi = await import('node:ffi');
    const { functions } = ffi.dlopen(null, signatures);
    // It is experimental: of another form of it this is the function to fail with.
    if (functions.getpid() !== process.pid) return undefined;
    return { ...functions, pointerTo: (buffer) => ffi.getRawPointer(buffer) };
  } catch {
    return undefined;
  }
}
