import type { NotifyEvent } from '../../model/vendor.ts';
import { escapeUser, hostOf } from '../../sip/syntax.ts';
import type { Registration } from '../registration.ts';
import type { Handed } from '../source.ts';

/**
 * Parameters of `tm.t_uac_wait` (src/modules/tm/rpc_uac.c): method, Request-URI, where to (`.`: where the URI leads),
 * socket, headers, body. Without a tag in From: Kamailio adds its own.
 */
export function notifyParams(registration: Registration, event: NotifyEvent): readonly string[] {
  const { contact, handles, extension, domain, address } = registration;
  const own = /^(?:udp|tcp|tls):(.+)$/.exec(handles.socket ?? '')?.[1] ?? hostOf(address);
  const to = `sip:${escapeUser(extension)}@${domain ?? own.replace(/:\d+$/, '')}`;
  const path = handles.path?.split(',')[0]?.trim().replace(/^<|>$/g, '');
  const headers = [
    ['From', `<sip:offhook@${domain ?? own}>`],
    ['To', `<${to}>`],
    ['Contact', `<sip:offhook@${own}>`],
    ...(handles.path === undefined ? [] : [['Route', handles.path]]),
    ['Event', event.event],
    ['Subscription-State', 'terminated'],
    ...(event.body === undefined ? [] : [['Content-Type', event.content_type ?? 'text/plain']]),
  ];
  const lines = headers.map(([name, value = '']) => `${name}: ${value.replace(/\p{Cc}+/gu, ' ')}\r\n`).join('');
  const params = ['NOTIFY', contact, path ?? handles.received ?? '.', handles.socket ?? '.', lines];
  return event.body === undefined ? params : [...params, event.body];
}

/** `[200, "OK", …]`; 408 without a word of anybody is Kamailio's own, when nobody answered. */
export function handedOf(result: unknown, name: string): Handed {
  const [status, reason, from] = Array.isArray(result) ? result : [];
  if (typeof status !== 'number' || status < 100 || status > 699)
    return { outcome: 'handed', reason: `${name} took it` };
  if (status === 408 && !from) return { outcome: 'silent', reason: `no answer to ${name}` };
  const words = `${status} ${typeof reason === 'string' ? reason.replace(/\p{Cc}+/gu, ' ').slice(0, 100) : ''}`.trim();
  return { outcome: 'answered', status, reason: status < 300 ? `sent by ${name}` : `${words}, as ${name} says` };
}
