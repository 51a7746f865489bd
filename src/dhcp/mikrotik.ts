import { type DhcpPlan, hexOf, type Option } from './options.ts';

/**
 * Commands of RouterOS 7: options, sets of them, and who gets which. Values are bytes, since quotes and `$` mean something
 * in texts; what they say stands in the comment. An option set replaces another, so each class has those for all as well.
 */
export function forMikrotik({ everybody, classes }: DhcpPlan): string {
  const sets = [
    { name: 'offhook', options: everybody.map((option) => ({ name: `offhook-${option.code}`, option })) },
    ...classes.map(({ name, options }) => ({
      name,
      options: options.map((option) => ({ name: `${name}-${option.code}`, option })),
    })),
  ];
  const codesOf = (own: readonly { option: Option }[]) => new Set(own.map(({ option }) => option.code));
  const inSet = ({ name, options }: (typeof sets)[number]) => {
    const codes = codesOf(options);
    const others = name === 'offhook' ? [] : (sets[0]?.options ?? []).filter(({ option }) => !codes.has(option.code));
    return [...others, ...options].map((each) => each.name).join(',');
  };
  return [
    '/ip dhcp-server option',
    ...sets.flatMap(({ options }) => options.map(({ name, option }) => add(name, option))),
    '/ip dhcp-server option sets',
    ...sets.filter((set) => inSet(set) !== '').map((set) => `add name=${set.name} options=${inSet(set)}`),
    ...(everybody.length > 0 ? ['/ip dhcp-server network', 'set [find] dhcp-option-set=offhook'] : []),
    ...(classes.length > 0 ? ['/ip dhcp-server matcher'] : []),
    ...classes.map(
      ({ name, says }) => `add name=${name} code=60 matching-type=substring value=${quoted(says)} option-set=${name}`,
    ),
    '',
  ].join('\n');
}

const add = (name: string, option: Option): string =>
  `add name=${name} code=${option.code} value=0x${hexOf(option)} comment=${quoted(option.text)}`;

const quoted = (text: string): string => `"${text.replace(/["\\$]/g, '\\$&')}"`;
