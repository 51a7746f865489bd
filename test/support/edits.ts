import fc from 'fast-check';

/** An edit of bytes: at a place, so much is taken out, and this put there. */
export interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly put: Uint8Array;
}

/** What means something in YAML, or should mean nothing. */
const marks = [
  ...['\t', '\n', '\r', '\n  ', '- ', ': ', ', ', '{', '}', '[', ']', '"', "'", '&a ', '*a ', '<<: *a', '!t ', '# '],
  ...['---', '...\n', '%', '@', '`', '|', '? ', '>', '~', 'null', '0', '-1', '\0', '\ufeff', '\u2028', '"\\u0007"'],
  ...['__proto__: {}', 'constructor'],
].map((mark) => Buffer.from(mark));

export const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(5000),
  cut: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(200)),
  put: fc.oneof(fc.constantFrom(...marks), fc.uint8Array({ maxLength: 8 }), fc.constant(new Uint8Array())),
});

export function applyEdit(bytes: Buffer, { at, cut, put }: Edit): Buffer {
  const from = bytes.length === 0 ? 0 : at % bytes.length;
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)]);
}
