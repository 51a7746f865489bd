import { Secret } from '../../model/secret.ts';
import type { NotifyEvent } from '../../model/vendor.ts';
import type { BackOffOptions } from '../back-off.ts';
import type { Dial, Peer } from '../connection.ts';
import { createLink } from '../link.ts';
import { type Registration, toRegistration } from '../registration.ts';
import { createPresence, type Handed, type Intake, mostRegistrations, type Source } from '../source.ts';
import { changeOf, notifyLines, registrationsIn } from './registrations.ts';
import { createEslReader, type EslMessage, readEvent, writeCommand } from './wire.ts';

export interface FreeswitchOptions {
  readonly name: string;
  readonly peer: Peer;
  readonly password: Secret;
  readonly profiles: readonly string[];
  /** Milliseconds between two listings; events come besides. */
  readonly every?: number;
  /** Milliseconds that an answer is waited for. */
  readonly patience?: number;
  readonly backOff?: BackOffOptions;
  readonly dial?: Dial;
  readonly now?: () => number;
}

interface Asked {
  /** Undefined when none came. */
  readonly done: (answer: string | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

/** Registrations of Sofia profiles by the event socket: listed now and then, and told of at once when they change. */
export function createFreeswitch(options: FreeswitchOptions, intake: Intake): Source {
  const { name, password, profiles, every = 60_000, patience = 15_000, now = Date.now } = options;
  const presence = createPresence(intake.changed, now);
  let reader = createEslReader();
  /** Answers come in the order of the commands. */
  let asked: Asked[] = [];
  let timer: NodeJS.Timeout | undefined;

  const link = createLink({
    ...options,
    opened() {
      reader = createEslReader();
    },
    data: (bytes) => reader.push(bytes, receive),
    lost(reason) {
      quiet();
      presence.down(reason);
    },
  });

  function quiet(): void {
    clearTimeout(timer);
    const left = asked;
    asked = [];
    for (const { timer, done } of left) {
      clearTimeout(timer);
      done(undefined);
    }
  }

  function ask(command: string): Promise<string | undefined> {
    return new Promise((done) => {
      asked.push({ done, timer: setTimeout(() => link.lose('it does not answer'), patience).unref() });
      link.write(command);
    });
  }

  function receive({ headers, body }: EslMessage): void {
    const type = headers.get('content-type');
    if (type === 'auth/request') void login();
    else if (type === 'text/rude-rejection') link.lose('it lets nobody in from here (its ACL)');
    else if (type === 'text/disconnect-notice') link.lose('it closed the connection');
    else if (type === 'text/event-plain') take(readEvent(body));
    else if (type === 'command/reply') answer(headers.get('reply-text') ?? '');
    else if (type === 'api/response') answer(body);
  }

  function answer(text: string): void {
    const question = asked.shift();
    clearTimeout(question?.timer);
    question?.done(text);
  }

  async function login(): Promise<void> {
    const welcome = await ask(writeCommand([`auth ${Secret.reveal(password)}`]));
    if (welcome === undefined) return;
    if (!welcome.startsWith('+OK')) return link.lose(`it does not take the password: ${wordsOf(welcome)}`);
    const events = await ask(writeCommand(['event plain CUSTOM sofia::register sofia::unregister sofia::expire']));
    if (events === undefined) return;
    if (!events.startsWith('+OK')) return link.lose(`it tells no events: ${wordsOf(events)}`);
    await list();
  }

  async function list(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const begun = now();
    const found: Registration[] = [];
    for (const profile of profiles) {
      const xml = await ask(writeCommand([`api sofia xmlstatus profile ${profile} reg`]));
      if (xml === undefined) return;
      if (!xml.includes('<profile>')) return link.lose(`it does not list profile ${profile}: ${wordsOf(xml)}`);
      for (const claim of registrationsIn(xml, now(), profile).slice(0, mostRegistrations - found.length)) {
        const registration = toRegistration(claim, name);
        if (registration) found.push(registration);
      }
    }
    intake.snapshot(found);
    link.settled();
    presence.up();
    // Who has many registrations is not asked all the time.
    timer = setTimeout(() => void list(), Math.max(every, 10 * (now() - begun))).unref();
  }

  function take(event: ReadonlyMap<string, string>): void {
    const change = changeOf(event, now());
    if (change?.kind === 'gone') drop(change.extension, change.contact);
    const registration = change?.kind === 'put' ? toRegistration(change.claim, name) : undefined;
    if (registration) intake.put(registration);
  }

  function drop(extension: string, contact: string): void {
    const gone = toRegistration({ extension, contact, received: '0.0.0.0:1', at: 0 }, name);
    if (gone) intake.drop(extension, gone.contact);
  }

  async function notify(registration: Registration, event: NotifyEvent): Promise<Handed> {
    if (!presence.state().up) return { outcome: 'unreachable', reason: `${name} is away` };
    const answer = await ask(writeCommand(notifyLines(registration, event), event.body));
    if (answer === undefined) return { outcome: 'silent', reason: `${name} does not answer` };
    if (answer.startsWith('+OK')) return { outcome: 'handed', reason: `${name} took it` };
    return { outcome: 'unreachable', reason: `${name} does not take it: ${wordsOf(answer)}` };
  }

  return {
    ...{ name, kind: 'freeswitch', state: presence.state, notify },
    ask() {
      if (timer && presence.state().up) void list();
    },
    start: link.start,
    async stop() {
      link.stop();
      quiet();
    },
  };
}

const wordsOf = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 160) || 'no reason';
