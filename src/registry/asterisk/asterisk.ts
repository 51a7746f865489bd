import { createHash } from 'node:crypto';
import { Secret } from '../../model/secret.ts';
import type { NotifyEvent } from '../../model/vendor.ts';
import type { BackOffOptions } from '../back-off.ts';
import type { Dial, Peer } from '../connection.ts';
import { createLink } from '../link.ts';
import { type Registration, toRegistration } from '../registration.ts';
import { createPresence, type Handed, type Intake, mostRegistrations, type Source } from '../source.ts';
import { busyOf, changeOf, contactOf, notifyAction } from './messages.ts';
import { createQuestions } from './questions.ts';
import { type AmiMessage, createAmiReader } from './wire.ts';

export interface AsteriskOptions {
  readonly name: string;
  readonly peer: Peer;
  readonly user: string;
  readonly password: Secret;
  /** Milliseconds between two listings; events come besides. */
  readonly every?: number;
  /** Milliseconds that an answer is waited for. */
  readonly patience?: number;
  readonly backOff?: BackOffOptions;
  readonly dial?: Dial;
  readonly now?: () => number;
}

/** A list that an event asked for waits so long for more events. */
const gathering = 2_000;

/** Contacts of PJSIP by the Asterisk Manager Interface: listed now and then, and told of at once when they change. */
export function createAsterisk(options: AsteriskOptions, intake: Intake): Source {
  const { name, user, password, every = 60_000, patience = 15_000, now = Date.now } = options;
  const presence = createPresence(intake.changed, now);
  let reader = createAmiReader();
  /** Contacts of each endpoint. */
  let contacts = new Map<string, Set<string>>();
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Timeout | undefined;
  let pause = gathering;

  const link = createLink({
    ...options,
    opened() {
      reader = createAmiReader();
      login();
    },
    data: (bytes) => reader.push(bytes, receive),
    lost(reason) {
      quiet();
      presence.down(reason);
    },
  });
  const questions = createQuestions({ write: link.write, patience, silent: () => link.lose('it does not answer') });

  function quiet(): void {
    clearTimeout(timer);
    clearTimeout(soon);
    soon = undefined;
    questions.clear();
  }

  /** The password itself is never sent. */
  function login(): void {
    questions.ask(
      [
        ['Action', 'Challenge'],
        ['AuthType', 'MD5'],
      ],
      (answer) => {
        const challenge = answer.get('Challenge');
        if (challenge === undefined) return link.lose(`it gives no challenge: ${wordsOf(answer)}`);
        const key = createHash('md5')
          .update(`${challenge}${Secret.reveal(password)}`)
          .digest('hex');
        const who = [
          ['AuthType', 'MD5'],
          ['Username', user],
          ['Key', key],
        ] as const;
        questions.ask([['Action', 'Login'], ...who, ['Events', 'system,call']], (answer) => {
          if (answer.get('Response') === 'Success') list();
          else link.lose(`it does not take user ${user}: ${wordsOf(answer)}`);
        });
      },
    );
  }

  function list(): void {
    clearTimeout(timer);
    clearTimeout(soon);
    soon = undefined;
    const begun = now();
    const found: Registration[] = [];
    const take = (event: AmiMessage) => {
      const claim = found.length < mostRegistrations ? contactOf(event, now()) : undefined;
      const registration = claim && toRegistration(claim, name);
      if (registration) found.push(registration);
    };
    questions.ask(
      [['Action', 'PJSIPShowContacts']],
      (end) => {
        // That there is none is worded as an error.
        const isRefusal = end.get('Response') === 'Error' && !/^no contacts/i.test(end.get('Message') ?? '');
        if (isRefusal) return link.lose(`it does not list contacts: ${wordsOf(end)}`);
        listed(found);
        // Who has many contacts is not asked all the time.
        pause = Math.max(gathering, 10 * (now() - begun));
        timer = setTimeout(list, Math.max(every, pause)).unref();
      },
      take,
    );
  }

  function listed(found: readonly Registration[]): void {
    contacts = new Map();
    for (const registration of found) contactsOf(registration).add(registration.contact);
    intake.snapshot(found);
    link.settled();
    presence.up();
  }

  function contactsOf({ extension, handles }: Registration): Set<string> {
    const endpoint = handles.endpoint ?? extension;
    const known = contacts.get(endpoint) ?? new Set();
    contacts.set(endpoint, known);
    return known;
  }

  function receive(message: AmiMessage): void {
    if (questions.receive(message)) return;
    const event = message.get('Event');
    if (event === 'ContactStatus') takeChange(message);
    const busy = event === 'DeviceStateChange' ? busyOf(message) : undefined;
    if (busy) intake.busy(busy.extension, busy.isBusy);
  }

  function takeChange(message: AmiMessage): void {
    const change = changeOf(message, now());
    if (change?.kind === 'gone') {
      contacts.get(change.endpoint)?.delete(change.contact);
      intake.drop(change.extension, change.contact);
    }
    const registration = change?.kind === 'put' ? toRegistration(change.claim, name) : undefined;
    if (!registration) return;
    contactsOf(registration).add(registration.contact);
    intake.put(registration);
    // The event knows neither user agent nor expiry.
    listSoon();
  }

  function listSoon(): void {
    soon ??= setTimeout(list, pause).unref();
  }

  async function notify(registration: Registration, event: NotifyEvent): Promise<Handed> {
    if (!presence.state().up) return { outcome: 'unreachable', reason: `${name} is away` };
    const isAlone = contactsOf(registration).size <= 1;
    return new Promise((done) => {
      const silence: Handed = { outcome: 'silent', reason: `${name} does not answer` };
      const giveUp = setTimeout(() => done(silence), patience).unref();
      questions.ask([['Action', 'PJSIPNotify'], ...notifyAction(registration, event, isAlone)], (answer) => {
        clearTimeout(giveUp);
        if (answer.get('Response') === 'Success') done({ outcome: 'handed', reason: `${name} took it` });
        else done({ outcome: 'unreachable', reason: `${name} does not take it: ${wordsOf(answer)}` });
      });
    });
  }

  return {
    ...{ name, kind: 'asterisk', state: presence.state, notify },
    ask() {
      if (presence.state().up) listSoon();
    },
    start: link.start,
    async stop() {
      link.stop();
      quiet();
    },
  };
}

const wordsOf = (answer: AmiMessage): string =>
  (answer.get('Message') ?? 'no reason').replace(/\p{Cc}+/gu, ' ').slice(0, 160);
