/** Bytes from `start` up to, not including, `end`. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * Which part of `size` bytes a Range header asks for (RFC 9110 section 14.2): one part; the whole when the header is
 * malformed, of another unit, or asks for several parts (a server may always send the whole, and no phone reads
 * multipart/byteranges); `unsatisfiable` when it asks for bytes beyond the end only.
 */
export function parseRange(header: string, size: number): Part | 'whole' | 'unsatisfiable' {
  const specs = header
    .match(/^bytes=(.*)$/i)?.[1]
    ?.split(',')
    .map((spec) => spec.trim());
  if (specs === undefined || size === 0) return 'whole';
  const wanted = specs.filter((spec) => spec !== '').map((spec) => parseSpec(spec, size));
  if (wanted.length === 0 || wanted.includes('malformed')) return 'whole';
  if (wanted.every((part) => part === 'unsatisfiable')) return 'unsatisfiable';
  const [part] = wanted;
  return wanted.length === 1 && typeof part === 'object' ? part : 'whole';
}

function parseSpec(spec: string, size: number): Part | 'malformed' | 'unsatisfiable' {
  const [, first, last] = spec.match(/^(\d*)-(\d*)$/) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'malformed';
  if (first === '')
    return Number(last) === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size };
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'malformed';
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}
