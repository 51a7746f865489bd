import { type DhcpPlan, hexOf, type Option, type PhoneClass } from './options.ts';

/** Options that the server defines itself. */
const defined: ReadonlySet<number> = new Set([43, 66, 67]);

/** For PowerShell on Windows Server 2012 and later: the module DhcpServer. */
export function forWindows({ everybody, classes }: DhcpPlan): string {
  const all = [...everybody, ...classes.flatMap(({ options }) => options)];
  const missing = new Map(all.filter(({ code }) => !defined.has(code)).map((option) => [option.code, option]));
  return [
    ...[...missing.values()].map(
      (option) =>
        `Add-DhcpServerv4OptionDefinition -OptionId ${option.code} -Name 'offhook ${option.code}' -Type ${typeOf(option)}`,
    ),
    ...everybody.map((option) => `Set-DhcpServerv4OptionValue ${setting(option)}`),
    ...classes.flatMap(classLines),
    '',
  ].join('\n');
}

const typeOf = ({ type }: Option): string =>
  type === 'addresses' ? 'IPv4Address -MultiValued' : type === 'text' ? 'String' : 'BinaryData';

function setting(option: Option): string {
  const value = option.type === 'bytes' ? `0x${hexOf(option, ',0x')}` : quoted(option.text);
  return `-OptionId ${option.code} -Value ${value}`;
}

/** `*`: option 60 begins with the data of the class. */
const classLines = ({ name, says, options }: PhoneClass): string[] => [
  `Add-DhcpServerv4Class -Name ${quoted(name)} -Type Vendor -Data ${quoted(says)}`,
  `Add-DhcpServerv4Policy -Name ${quoted(name)} -Condition Or -VendorClass EQ,${quoted(`${name}*`)}`,
  ...options.map((option) => `Set-DhcpServerv4OptionValue -PolicyName ${quoted(name)} ${setting(option)}`),
];

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
