import { kinds } from '../offered.ts';
import { file, on, type Verb, value } from './verb.ts';

// Verbs for those who begin, and for their shells.

const password = (whose: string) => file(`File with the password of ${whose}`);

export const setup = {
  name: 'setup',
  does: 'Ask what the first site needs, then check it, write it and build it',
  flags: {
    yes: on('Ask nobody: flags answer, and defaults'),
    force: on('Write over what is there'),
    build: { type: 'boolean', default: true, describe: 'Build at the end (--no-build)' },
    server: value('Address that phones reach this machine at  [the first that phones may reach]'),
    port: value('Port of HTTP that phones are told  [8080]'),
    pbx: value('HOST or HOST:PORT of the PBX, where phones register'),
    transport: { ...value('How SIP travels to it  [udp]'), choices: ['udp', 'tcp', 'tls'] },
    'pbx-kind': {
      ...value('Whom to ask where phones are registered  [none]'),
      choices: ['none', 'asterisk', 'kamailio', 'freeswitch'],
    },
    'pbx-host': value('Host to ask  [that of --pbx]'),
    'pbx-user': value('User of Asterisk’s manager interface  [offhook]'),
    'pbx-password-file': password('the PBX'),
    'pbx-url': value('Where Kamailio answers JSON-RPC  [http://PBX:8090/RPC]'),
    timezone: value('Time zone of the phones  [this machine’s]'),
    language: value('Language of their displays  [this machine’s]'),
    ldap: value('URL of the directory that people come from (--no-ldap: none)'),
    'ldap-start-tls': { type: 'boolean', describe: 'Encrypt an ldap:// connection' },
    'ldap-ca': file('Authority that signed the directory’s certificate, in PEM'),
    'ldap-base': value('Where people are in it: ou=people,dc=example,dc=com'),
    'ldap-bind-dn': value('Who asks it  [nobody: anonymously]'),
    'ldap-password-file': password('who asks'),
    'ldap-filter': value('Who counts  [(objectClass=person)]'),
    devices: {
      ...value(
        'The first phones: a table (MAC, model, extension, name, password), - for standard input, or a MAC; may be given again',
      ),
      array: true,
      nargs: 1,
      completes: 'file',
    },
    phones: { ...value('asked: those that asked already, by the journal'), choices: ['paste', 'asked'] },
    model: value('VENDOR/MODEL of phones that the list names none for'),
    'first-extension': value('Extension of the first phone that the list has none for; the others are counted  [1001]'),
    'sip-passwords': { ...value('Of extensions without one  [made]'), choices: ['made', 'typed'] },
    secrets: {
      ...value('Passwords in files of their own, or encrypted in devices.yml  [files]'),
      choices: ['files', 'age'],
    },
    ci: { ...value('A workflow that checks each change  [none]'), choices: ['none', 'github', 'gitlab'] },
  },
  examples: [
    { line: 'setup', does: 'Asks' },
    {
      line: 'setup --yes --server 192.0.2.10 --pbx pbx.example.com --devices phones.csv',
      does: 'Asks nobody',
    },
  ],
  exits: { 0: 'the site is there, and built', 1: 'faults, or broken off; nothing was written' },
} as const satisfies Verb;

export const completion = {
  name: 'completion',
  does: 'Print what a shell reads to complete verbs, flags, devices and groups',
  arguments: {
    what: {
      choices: ['bash', 'zsh', 'fish', ...kinds],
      demandOption: true,
      describe: 'A shell; or what the shells then ask for: device, target (that or a group), group',
    },
  },
  flags: { like: { ...value('The beginning of a word'), default: '' } },
  examples: [
    { line: 'completion bash', does: 'In ~/.bashrc: source <(offhook completion bash)' },
    { line: 'completion zsh', does: 'In ~/.zshrc, behind compinit: source <(offhook completion zsh)' },
    { line: 'completion fish', does: 'In ~/.config/fish/config.fish: offhook completion fish | source' },
  ],
  exits: { 0: 'printed', 1: 'the project cannot be read' },
} as const satisfies Verb;

export const man = {
  name: 'man',
  does: 'Print the manual page',
  flags: { format: { choices: ['man', 'markdown'], default: 'man', describe: 'For man(1), or as docs/verbs.md' } },
  examples: [{ line: 'man', does: 'offhook man | man -l -' }],
  exits: { 0: 'printed', 1: 'the command line is not understood' },
} as const satisfies Verb;
