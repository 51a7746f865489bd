import { dhcpServers } from '../../dhcp/servers.ts';
import { format, on, type Verb, value } from './verb.ts';

// Verbs for phones that come fresh from their box.

export const unknown = {
  name: 'unknown',
  does: 'List phones that asked and are not in devices.yml, with the entries to paste',
  flags: {
    since: value('15m, 2h, 3d, or a date and time  [as far back as the journal goes]'),
    format: format('text', 'json'),
  },
  examples: [
    { line: 'unknown', does: 'After phones were plugged in' },
    { line: 'unknown --since 1h --format json', does: 'For a script' },
  ],
  exits: { 0: 'said', 1: 'there is no journal yet' },
} as const satisfies Verb;

export const dhcp = {
  name: 'dhcp',
  does: 'Print the options with which a DHCP server tells the site’s phones where their files are',
  arguments: {
    server: {
      type: 'string',
      choices: Object.keys(dhcpServers) as (keyof typeof dhcpServers)[],
      describe: 'For which server; a table for people when it is not given',
    },
  },
  flags: {
    vendor: { ...value('For a vendor’s phones; may be given again  [those of devices.yml]'), array: true, nargs: 1 },
    'show-tokens': on('Write the bootstrap token, which is a secret'),
    format: format('text', 'json'),
  },
  examples: [
    { line: 'dhcp', does: 'Which options, for whom' },
    { line: 'dhcp kea', does: 'To be merged into the configuration of Kea' },
    { line: 'dhcp dnsmasq --vendor acme', does: 'For one vendor' },
    { line: 'dhcp --format json', does: 'The options, for a script' },
  ],
  exits: { 0: 'said', 1: 'faults' },
} as const satisfies Verb;
