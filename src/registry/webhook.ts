import { type Registration, toRegistration } from './registration.ts';
import { createPresence, type Intake, mostRegistrations, type Source } from './source.ts';

/** A source that is told: a PBX without an interface of its own posts what it knows. */
export interface Webhook extends Source {
  /** Takes the body of a POST, as JSON has it; a sentence for each part that could not be used. */
  receive(body: unknown): readonly string[];
}

/** What one POST may bring; more comes in several. */
const mostAtOnce = 10_000;

/**
 * `{ registrations: [{ extension, contact, received, user_agent, instance, expires, domain }], complete }`: those that
 * are new, or are still there; `expires` in seconds, 0 for one that is over. With `complete: true` there are no others.
 */
export function createWebhook({ name, now = Date.now }: { name: string; now?: () => number }, intake: Intake): Webhook {
  const presence = createPresence(intake.changed, now);

  function take(registrations: readonly Told[], complete: boolean): void {
    if (complete)
      intake.snapshot(registrations.filter(({ isOver }) => !isOver).map(({ registration }) => registration));
    else
      for (const { registration, isOver } of registrations)
        if (isOver) intake.drop(registration.extension, registration.contact);
        else intake.put(registration);
  }

  return {
    ...{ name, kind: 'webhook', state: presence.state },
    start: () => {},
    stop: async () => {},
    receive(body) {
      const { registrations, complete } = Object(body);
      if (!Array.isArray(registrations)) return ['the body has no list `registrations`'];
      const most = complete === true ? mostRegistrations : mostAtOnce;
      if (registrations.length > most)
        return [`there are ${registrations.length} registrations; wanted ${most} at most`];
      const read = registrations.map((entry: unknown) => readOne(entry, name, now()));
      take(
        read.filter((one): one is Told => one !== undefined),
        complete === true,
      );
      presence.up();
      return read.flatMap((one, index) =>
        one === undefined ? [`registrations[${index}] has no extension, or no contact with an IP address`] : [],
      );
    },
  };
}

interface Told {
  readonly registration: Registration;
  readonly isOver: boolean;
}

function readOne(entry: unknown, source: string, at: number): Told | undefined {
  const fields: Partial<Record<string, unknown>> = Object(entry);
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' ? value : undefined;
  };
  const { expires, extension: number } = fields;
  const seconds = typeof expires === 'number' && expires >= 0 && expires < 1e9 ? expires : undefined;
  const extension = typeof number === 'number' ? String(number) : text('extension');
  const contact = text('contact');
  if (extension === undefined || contact === undefined) return undefined;
  const claim = { extension, contact, received: text('received'), domain: text('domain'), at };
  const more = { user_agent: text('user_agent'), instance: text('instance') };
  const registration = toRegistration(
    { ...claim, ...more, expires: seconds === undefined ? undefined : at + seconds * 1_000 },
    source,
  );
  return registration && { registration, isOver: seconds === 0 };
}
