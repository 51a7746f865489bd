import type { Socket } from 'node:net';
import { listen } from '../listen.ts';

/**
 * What Asterisk 16.28 wrote on its manager interface, as it was recorded from a real one (ActionIDs are put in): phones
 * 2001 over UDP and 2002 over TCP register, and are listed.
 */
export const greeting = 'Asterisk Call Manager/5.0.4\r\n';

const message = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

export const fullyBooted = message(
  ...['Event: FullyBooted', 'Privilege: system,all', 'Uptime: 1', 'LastReload: 1', 'Status: Fully Booted'],
);

const contact = (extension: string, more: Record<string, string>): string =>
  message(
    ...['Event: ContactList', 'ActionID: ID', 'ObjectType: contact'],
    ...[
      `ObjectName: ${extension};@0c54b7355489e6f6d6fa9c69ccbca61f`,
      'ViaAddr: 127.0.0.41',
      'QualifyTimeout: 3.000000',
    ],
    ...['CallId: 1-28299@127.0.0.41', 'RegServer: ', 'PruneOnBoot: no', 'Path: ', `Endpoint: ${extension}`],
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
    ...[
      'AuthenticateQualify: no',
      'QualifyFrequency: 0',
      'OutboundProxy: ',
      'Status: NonQualified',
      'RoundtripUsec: N/A',
    ],
  );

export const polycom = contact('2001', {
  ViaPort: '5070',
  Uri: 'sip:2001@127.0.0.41:5070;transport=UDP',
  UserAgent: 'PolycomVVX-VVX_411-UA/5.9.6.2327',
  ExpirationTime: '1795306296',
});

export const yealink = contact('2002', {
  ViaPort: '5071',
  Uri: 'sip:2002@127.0.0.41:5071;transport=TCP',
  UserAgent: 'Yealink SIP-T46S 66.86.0.15 00:15:65:12:34:56',
  ExpirationTime: '1795306296',
});

export const listing = (...contacts: string[]): string =>
  message(
    ...['Response: Success', 'ActionID: ID', 'EventList: start'],
    'Message: A listing of Contacts follows, presented as ContactList events',
  ) +
  contacts.join('') +
  message('Event: ContactListComplete', 'ActionID: ID', 'EventList: Complete', `ListItems: ${contacts.length}`);

/** An empty list is worded as an error, and has a line break too many. */
export const nobody = `${message('Response: Error', 'ActionID: ID', 'Message: No Contacts found')}\r\n`;

export const contactStatus = (extension: string, uri: string, status: string): string =>
  message(
    ...['Event: ContactStatus', 'Privilege: system,all', `URI: ${uri}`, `ContactStatus: ${status}`],
    ...[`AOR: ${extension}`, `EndpointName: ${extension}`, 'RoundtripUsec: 0'],
  );

/** main/devicestate.c: of class `call`. */
export const deviceState = (extension: string, state: string): string =>
  message('Event: DeviceStateChange', 'Privilege: call,all', `Device: PJSIP/${extension}`, `State: ${state}`);

export const answers = {
  Challenge: message('Response: Success', 'ActionID: ID', 'Challenge: 190157247'),
  Login: message('Response: Success', 'ActionID: ID', 'Message: Authentication accepted') + fullyBooted,
  PJSIPShowContacts: listing(polycom, yealink),
  PJSIPNotify: message('Response: Success', 'ActionID: ID', 'Message: NOTIFY sent'),
};

export const refusal = (words: string): string => message('Response: Error', 'ActionID: ID', `Message: ${words}`);

/** Plays the recording back: each action gets its answer, cut into pieces of this many bytes. */
export interface Player {
  readonly port: number;
  readonly actions: string[];
  answers: Partial<Record<string, string>>;
  say(text: string): void;
  /** Ends every connection. */
  hangUp(): void;
}

export async function startPlayer({ piece = 50 }: { piece?: number } = {}): Promise<Player> {
  const actions: string[] = [];
  const write = (socket: Socket, text: string) => {
    for (let at = 0; at < text.length; at += piece) socket.write(text.slice(at, at + piece));
  };
  const { port, sockets, hangUp } = await listen((socket) => {
    write(socket, greeting);
    let rest = '';
    socket.on('data', (data) => {
      const parts = (rest + String(data)).split('\r\n\r\n');
      rest = parts.pop() ?? '';
      for (const action of parts) {
        actions.push(action);
        const name = /^Action: (\w+)/m.exec(action)?.[1] ?? '';
        const id = /^ActionID: (\S+)/m.exec(action)?.[1] ?? '';
        write(socket, (player.answers[name] ?? '').replaceAll('ActionID: ID', `ActionID: ${id}`));
      }
    });
  });
  const player: Player = {
    ...{ port, actions, answers: { ...answers }, hangUp },
    say(text) {
      for (const socket of sockets) write(socket, text);
    },
  };
  return player;
}
