/** How much a finding matters: `error` keeps a phone from its files, `warning` may, `note` needs nobody. Worst first. */
export const severities = ['error', 'warning', 'note'] as const;
export type Severity = (typeof severities)[number];

/** Every finding and what it means; the manual's table (docs/diagnosis.md) is made from this one. */
export const kinds = {
  // What the fetch log shows.
  placeholder:
    'The phone’s firmware does not know a placeholder in its provisioning URL, and asks for it as it stands.',
  'name-spelling':
    'A name was asked for in another case, or with separators in the MAC. This server makes out what is meant; another would not.',
  'near-mac':
    'A MAC that is not in devices.yml differs in one digit from one that is and that never fetched: a slip of the pen.',
  'unknown-device': 'A phone that is not in devices.yml asks for its file.',
  'other-model':
    'The phone says that it is of another vendor or model than devices.yml has, and gets settings of the wrong one.',
  'missing-file':
    'A file that the vendor’s phones need was asked for, and is not there. (Many others are asked for that need not be.)',
  'old-firmware': 'The firmware is older than the templates are for, and passes over settings that it does not know.',
  'block-size':
    'Transfers are cut off at one and the same place: packets of the size that the phone asks for are lost on the way (MTU).',
  'cut-off': 'Transfers end before the whole file was sent: a bad line, a phone without power, a firewall.',
  'boot-loop': 'A phone fetches its files again and again: it reboots, or is told to by what it fetches.',
  'two-addresses':
    'One MAC asks from two addresses by turns: two phones have it, or somebody has a copy of its settings.',
  refused: 'The rules of `access` keep the phone from its files.',
  unreadable: 'The file is there, but the server cannot read it.',
  // Where devices stand.
  'never-asked': 'A device of devices.yml has never fetched anything.',
  'not-asked-since': 'The phone has not fetched since its files changed, and has still the old ones.',
  'old-files': 'The phone fetched old files after the new ones were there: somebody else serves it, or a cache does.',
  // What the project says.
  project: 'The project has faults: nothing of it is built until they are mended.',
  'out-differs': 'What is in out/ is not what the project renders now.',
  'state-folder': 'The state folder cannot be used: no journal is kept, and offhook forgets what it wrote.',
  disk: 'A folder that is written to cannot be, or its disk is nearly full: builds and the journal will fail.',
  // Who answers.
  'not-running': 'No daemon runs with this state folder.',
  'port-taken': 'Another program has a port that phones ask at.',
  'other-port': 'The daemon listens on another port than phones are told.',
  'no-answer': 'Nobody answers where phones are told to ask.',
  'wrong-bytes': 'What is served to a phone is not what the project renders for it.',
  'not-served': 'A file that a phone needs is not served.',
  'refused-here': 'The rules of `access` keep this machine from what a phone may fetch: it could not be examined.',
  mtu: 'Large packets of TFTP do not come through, small ones do.',
  certificate: 'The certificate that is shown over HTTPS is none that phones take.',
  clock: 'Clocks differ: this machine’s, the server’s, or that of the time server that phones ask.',
  'time-server': 'The time server that phones are told does not answer.',
  directory: 'A directory of people does not answer, or answered last a long time ago.',
  registry: 'A PBX that knows where phones are registered cannot be asked.',
  'notify-path': 'NOTIFYs cannot leave for where a phone is.',
} as const;

export type FindingId = keyof typeof kinds;
