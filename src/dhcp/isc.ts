import { type DhcpPlan, hexOf, type Option, type PhoneClass, placesOf } from './options.ts';

/** Names that dhcpd has itself (dhcp-options(5)); the others are defined. */
const names: Readonly<Record<number, string>> = {
  43: 'vendor-encapsulated-options',
  66: 'tftp-server-name',
  67: 'bootfile-name',
};

const nameOf = ({ code }: Option): string => names[code] ?? `offhook-${code}`;

/** For the global part of dhcpd.conf(5). */
export function forIsc({ everybody, classes }: DhcpPlan): string {
  const all = [...everybody, ...classes.flatMap(({ options }) => options)];
  const defined = new Map(all.filter(({ code }) => names[code] === undefined).map((option) => [option.code, option]));
  return [
    ...[...defined.values()].map((option) => `option ${nameOf(option)} code ${option.code} = ${typeOf(option)};`),
    ...everybody.map(statement),
    ...classes.map(classText),
    '',
  ].join('\n');
}

const typeOf = ({ type }: Option): string =>
  type === 'addresses' ? 'array of ip-address' : type === 'text' ? 'text' : 'string';

function statement(option: Option): string {
  const { type, text } = option;
  const value = type === 'text' ? quoted(text) : type === 'addresses' ? text : hexOf(option, ':');
  return `option ${nameOf(option)} ${value};`;
}

function classText({ name, says, match, options }: PhoneClass): string {
  // Its regular expressions end at a zero.
  const tests = placesOf(match).map(
    (place) => `substring(option vendor-class-identifier, ${place}, ${says.length}) = ${quoted(says)}`,
  );
  return [
    `class "${name}" {`,
    `  match if ${tests.join(' or ')};`,
    ...options.map((option) => `  ${statement(option)}`),
    '}',
  ].join('\n');
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
