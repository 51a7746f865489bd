import { type DhcpPlan, hexOf, type Option } from './options.ts';

/** For dnsmasq.conf(5), or a file of its `conf-dir`. A class is looked for anywhere in option 60. */
export function forDnsmasq({ everybody, classes }: DhcpPlan): string {
  return [
    ...everybody.map((option) => line('', option)),
    ...classes.flatMap(({ name, says, options }) => [
      `dhcp-vendorclass=set:${name},${says}`,
      ...options.map((option) => line(`tag:${name},`, option)),
    ]),
    '',
  ].join('\n');
}

function line(tag: string, option: Option): string {
  const { code, type, text } = option;
  const value =
    type === 'text' ? `"${text.replace(/["\\]/g, '\\$&')}"` : type === 'addresses' ? text : hexOf(option, ':');
  return `dhcp-option=${tag}${code},${value}`;
}
