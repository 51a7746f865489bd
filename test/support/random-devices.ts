import fc from 'fast-check';

/** A text with `devices:`, in one of the many ways that people write YAML. */
export interface RandomDevices {
  readonly text: string;
  /** As they are in it, in order. */
  readonly macs: readonly string[];
}

const word = fc.constantFrom(
  'hall',
  'Ada & Max',
  'a: b',
  'x #y',
  "it's",
  '1001',
  'off',
  '"',
  'ä',
  '- z',
  '*97',
  '',
  '0x1',
);
const name = fc.constantFrom('note', 'ip', 'group', 'label', 'timezone', 'a.b', 'language');
const comment = fc.constantFrom('', '', '', ' # x', ' # - mac: "1" }', '  #');

/** Texts as they may stand: without quotes where none are needed. */
const scalar = fc.tuple(word, fc.constantFrom('"', "'", '')).map(([text, quote]) => {
  if (quote === "'") return `'${text.replaceAll("'", "''")}'`;
  return quote === '' && /^[\wä ]+(?: & \w+)?$/.test(text) ? text : JSON.stringify(text);
});

const flowMap = fc.dictionary(name, scalar, { maxKeys: 3, noNullPrototype: true }).map(
  (map) =>
    `{ ${Object.entries(map)
      .map(([key, value]) => `${key}: ${value}`)
      .join(', ')} }`,
);

const value = fc.oneof(
  scalar,
  scalar,
  flowMap,
  fc.array(scalar, { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`),
);

/** Of block style: the lines of an entry; `$` stands for the indentation of its device. */
const blockEntry: fc.Arbitrary<{ key: string; lines: string[] }> = fc.oneof(
  fc.tuple(name, value, comment).map(([key, text, end]) => ({ key, lines: [`${key}: ${text}${end}`] })),
  fc
    .tuple(name, scalar)
    .map(([key, text]) => ({ key, lines: [`${key}:`, `  c: ${text}`, '  # inside', '  d:', '    - e'] })),
  fc
    .tuple(name, fc.constantFrom('|', '>-', '|+'))
    .map(([key, head]) => ({ key, lines: [`${key}: ${head}`, '  one', '', '  two'] })),
  name.map((key) => ({ key, lines: [`${key}:`] })),
);

const entries = fc.uniqueArray(blockEntry, { selector: ({ key }) => key, maxLength: 4 });

const spelled = fc.constantFrom<(mac: string) => string>(
  (mac) => mac,
  (mac) => `"${mac.match(/../g)?.join(':').toUpperCase()}"`,
  (mac) => `'${mac.match(/../g)?.join('-')}'`,
);

const blockDevice = (mac: string) =>
  fc
    .record({ spell: spelled, before: entries, after: entries, gap: fc.constantFrom(' ', '   '), note: comment })
    .map(({ spell, before, after, gap, note }) => {
      const own = [...before, ...after.filter(({ key }) => !before.some((one) => one.key === key))];
      const all = own.toSpliced(before.length, 0, { key: 'mac', lines: [`mac: ${spell(mac)}${note}`] });
      const blanks = ' '.repeat(gap.length + 1);
      const lines = all.flatMap(({ lines }) => lines).map((line) => (line === '' ? '' : `${blanks}${line}`));
      return lines.map((line, index) => (index === 0 ? `-${gap}${line.trimStart()}` : line));
    });

const flowDevice = (mac: string) =>
  fc
    .record({
      spell: spelled,
      own: fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }),
      merges: fc.boolean(),
      comma: fc.constantFrom('', ','),
    })
    .map(({ spell, own, merges, comma }) => {
      const all = [['mac', spell(mac)], ...(merges ? [['<<', '*base']] : []), ...Object.entries(own)];
      return `{ ${all.map(([key, text]) => `${key}: ${text}`).join(', ')}${comma} }`;
    });

/** A list of lines, before it the comments that stand there. */
const blockList = (macs: readonly string[]) =>
  fc
    .tuple(
      fc.constantFrom('', '  ', '    '),
      fc.constantFrom<readonly string[]>([], [''], ['', '']),
      ...macs.map((mac) =>
        fc.tuple(
          fc.constantFrom<readonly string[]>([], [], ['# who'], ['', '# where']),
          fc.oneof(
            blockDevice(mac),
            fc.tuple(flowDevice(mac), comment).map(([text, end]) => [`- ${text}${end}`]),
          ),
        ),
      ),
    )
    .map(([indent, gap, ...devices]) => {
      const lines = devices.flatMap(([above, own], index) => [...(index > 0 ? gap : []), ...above, ...own]);
      return ['devices:', ...lines.map((line) => (line === '' ? '' : indent + line))];
    });

const flowList = (macs: readonly string[]) =>
  fc
    .tuple(fc.boolean(), fc.constantFrom('', ','), ...macs.map((mac) => fc.tuple(flowDevice(mac), comment)))
    .map(([isOnLines, comma, ...devices]) => {
      const last = devices.length - 1;
      const commaOf = (index: number) => (index < last ? ',' : comma);
      if (!isOnLines || devices.length === 0)
        return [
          `devices: [${devices.map(([text], index) => text + (devices.length > 0 ? commaOf(index) : '')).join(' ')}]`,
        ];
      return ['devices: [', ...devices.map(([text, end], index) => `  ${text}${commaOf(index)}${end}`), '  ]'];
    });

const sections = fc.constantFrom<readonly string[]>(
  [],
  ['# end'],
  ['', 'sip: { server: a } # b'],
  ['z:', '- mac: 1', '  b: |', '    text'],
);

/** Files of all styles: lists in lines and in brackets, comments, quotes, merges, line ends of both kinds, and none at the end. */
export const randomDevices: fc.Arbitrary<RandomDevices> = fc
  .uniqueArray(fc.nat(0xffff), { maxLength: 5 })
  .map((numbers) => numbers.map((number) => `02ab${number.toString(16).padStart(8, '0')}`))
  .chain((macs) =>
    fc
      .record({
        head: fc.constantFrom(
          ['x: &base { vendor: acme, vlan: { id: 1 } }'],
          ['# first', '', 'x: &base', '  vendor: acme # v'],
        ),
        list: fc.oneof(blockList(macs), blockList(macs), flowList(macs)),
        sections,
        eol: fc.constantFrom('\n', '\n', '\r\n'),
        isClosed: fc.boolean(),
        bom: fc.constantFrom('', '\ufeff'),
      })
      .map(({ head, list, sections: tail, eol, isClosed, bom }) => ({
        text: bom + [...head, ...list, ...tail].join(eol) + (isClosed ? eol : ''),
        macs,
      })),
  );
