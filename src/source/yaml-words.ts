/** What a YAML reader's complaint means for somebody who wrote a text without quotes. The first that fits counts. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/^unidentified alias/, 'an alias that no anchor defines; a text that begins with * stands in quotes'],
  [/^recursive alias/, 'an alias within its own anchor'],
  [/\btag\b/, 'a tag that is not known; a text that begins with ! stands in quotes'],
  [/^tab characters/, 'a tab in the indentation; wanted spaces'],
  [/^the stream contains non-printable/, 'a control character; wanted printable text'],
  [/^unexpected end of the \w+ within a \w+ quoted scalar/, 'a quote that was opened before is not closed'],
  [/^unexpected end of the stream within a flow/, 'a bracket [ or { that was opened before is not closed'],
  [
    /^deficient indentation/,
    'a quote or a bracket that was opened before is not closed, or a line within is not indented',
  ],
  [/^bad indentation of a mapping entry/, 'bad indentation, or a text with ": " in it that does not stand in quotes'],
  [/^object-based map does not support complex keys/, 'a mapping or a list as a key; wanted a text'],
  [/^cannot merge mappings/, '<< merges what is no mapping; wanted an alias of a mapping, or a list of them'],
  [/^expected a single document/, 'a second document; wanted one, without --- between its parts'],
  [/^nesting exceeded maxDepth/, 'nesting is too deep'],
];

/** The complaint in words of ours. What it quotes from the file is left out: a password may stand there. */
export function yamlMessage(reason: string): string {
  const known = remedies.find(([pattern]) => pattern.test(reason))?.[1];
  return `not YAML: ${known ?? reason.replace(/"[^"]*"|!<[^>]*>/g, '…')}`;
}
