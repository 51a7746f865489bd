import { quoted } from '../problem.ts';
import type { Fault } from './faults.ts';
import { eventTypes, typesOf } from './live-event.ts';
import { nearest } from './nearest.ts';
import type { RegistryTls } from './registry-source.ts';
import { Secret } from './secret.ts';
import type { SourceFile, Sources } from './sources.ts';
import type { RawWebhook, Webhook } from './webhook.ts';

export interface ReadWebhooks {
  readonly webhooks: readonly Webhook[];
  readonly problems: readonly (Fault & { readonly file: SourceFile })[];
}

type Report = (path: Fault['path'], message: string, code?: Fault['code']) => void;

const day = 86_400_000;

/** All of `webhooks:` that can be told; what is wrong with the others. */
export function resolveWebhooks(sources: Sources): ReadWebhooks {
  const problems: ReadWebhooks['problems'][number][] = [];
  const webhooks: Webhook[] = [];
  for (const file of sources.files)
    for (const [index, raw] of (file.content.webhooks ?? []).entries()) {
      if (!raw) continue;
      const report: Report = (path, message, code = 'webhooks') =>
        void problems.push({ file, path: ['webhooks', index, ...path], code, severity: 'error', message });
      const webhook = resolveOne(raw, sources, report);
      if (webhook && webhooks.some(({ name }) => name === webhook.name))
        report([], `two webhooks are called ${webhook.name}; wanted a \`name\` of its own for each`);
      else if (webhook) webhooks.push(Object.freeze(webhook));
    }
  return { webhooks, problems };
}

function resolveOne(raw: RawWebhook, sources: Sources, report: Report): Webhook | undefined {
  const { url, name = URL.parse(url)?.hostname ?? url, events = ['*'], timeout = 10, give_up_days = 7 } = raw;
  const secret = sources.secret(raw.secret);
  const types = typesOf(events);
  const tls = raw.tls && resolveTls(raw.tls, sources, report);
  if (!URL.canParse(url)) report(['url'], `${quoted(url)} is no address; wanted one such as https://example.com/hook`);
  if (!(secret instanceof Secret)) report(['secret'], `${secret.unreadable}; wanted a secret`, 'secret');
  if ('unknown' in types) for (const word of types.unknown) report(['events', events.indexOf(word)], unknownType(word));
  if (!URL.canParse(url) || !(secret instanceof Secret) || 'unknown' in types || (raw.tls && !tls)) return undefined;
  return { name, url, secret, types, tls, timeout: timeout * 1000, giveUp: give_up_days * day };
}

function unknownType(word: string): string {
  const words = [...new Set(eventTypes.flatMap((type) => [type, type.replace(/\..*/, '')]))];
  const near = nearest(word, words);
  return `no event is called ${quoted(word)}; wanted one of ${eventTypes.join(', ')}${near ? ` (did you mean ${quoted(near)}?)` : ''}`;
}

/** Undefined when the authorities cannot be read. */
function resolveTls({ ca, server_name }: RegistryTls, sources: Sources, report: Report): RegistryTls | undefined {
  const text = ca === undefined ? undefined : sources.text?.(ca);
  if (typeof text !== 'object') return { ca: text, server_name };
  report(['tls', 'ca'], `the file ${ca} ${text.unreadable}; wanted certificates in PEM`);
  return undefined;
}
