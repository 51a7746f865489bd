import { syncFormats } from '../format-sync.ts';
import { folder, format, manifest, on, oneOf, publicKey, type Verb, value } from './verb.ts';

// The daemon, and what it does by itself.

export const serve = {
  name: 'serve',
  does: 'Build, then serve, watch and notify',
  flags: {
    'http-port': { ...value('Where HTTP is served; 0: any that is free'), default: '8080' },
    'https-port': { ...value('Where HTTPS is served, once devices.yml has a certificate for it'), default: '8443' },
    'tftp-port': { ...value('Where TFTP is served'), default: '6969' },
    host: { ...value('Address to listen on'), default: '0.0.0.0' },
    workers: value('Threads that answer phones; 0: the main one  [one a core, at most 8; 0 with one core]'),
    'batched-udp': {
      type: 'boolean',
      describe:
        'TFTP moves many datagrams with one system call, through Node’s FFI, which is experimental: a fault there ' +
        'ends the process, phones and all  [OFFHOOK_BATCHED_UDP, off]',
    },
    'tftp-port-range': value('Ports that TFTP answers from, as 40000-40100, for firewalls  [the port that was asked]'),
    notify: { type: 'boolean', default: true, describe: 'Notify devices whose bytes changed (--no-notify)' },
    sync: { type: 'boolean', default: true, describe: 'Ask directories of people (--no-sync)' },
    ...manifest,
    readonly: on('Serve a copy (--from) without building'),
    from: folder('Folder with the copy'),
    'public-key': publicKey,
  },
  examples: [
    { line: 'serve', does: 'On 8080 and 6969/udp' },
    { line: 'serve --host 192.0.2.10 --tftp-port 69', does: 'On one address, where phones ask for TFTP' },
    { line: 'serve --readonly --from /srv/phones --public-key offhook.pub', does: 'A copy on another machine' },
  ],
  exits: { 0: 'stopped by SIGTERM or SIGINT', 1: 'it could not start' },
} as const satisfies Verb;

export const notify = {
  name: 'notify',
  does: 'Send a NOTIFY to devices, by MAC, extension or group; asks no PBX where they are',
  arguments: {
    targets: { type: 'string', array: true, default: [] as string[], completes: 'target' },
  },
  flags: {
    reboot: on('Reboot, instead of fetching again'),
    all: on('Every device'),
    wait: { ...value('Seconds that a silent device is waited for, at most 32'), default: '32' },
    format: format('text', 'json'),
  },
  examples: [
    { line: 'notify reception', does: 'A group fetches again' },
    { line: 'notify 00:15:65:12:34:56 --reboot', does: 'One phone reboots' },
  ],
  exits: { 0: 'every device answered 2xx', 1: 'one did not' },
} as const satisfies Verb;

export const sync = {
  name: 'sync',
  does: 'Ask the directories of people (LDAP, Active Directory) and write their files',
  flags: {
    'dry-run': on('Only show what would change: 0 nothing, 2 something, 1 faults'),
    accept: on('However many would go (max_change)'),
    full: on('Read everybody, and not only what changed'),
    once: on('Try once, and not three times, who is away'),
    format: oneOf(syncFormats, 'For people, or for a machine'),
  },
  examples: [
    { line: 'sync --dry-run', does: 'Who would change, and whose files' },
    { line: 'sync', does: 'Asks, and writes' },
  ],
  exits: {
    0: 'done; with --dry-run: nothing would change',
    1: 'no answer, or refused',
    2: '--dry-run: something would change',
  },
} as const satisfies Verb;
