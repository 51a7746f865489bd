import { isIP } from 'node:net';

// What an answer must be. Each gives a sentence for one that is not, as a question's `fault` wants it.

type Fault = (answer: string) => string | undefined;

/** As the schema has it of every host. */
const host = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?|\[?[0-9A-Fa-f:]+(?:%[A-Za-z0-9]+)?\]?)$/;
const looksLikeAddress = /^[\d.]+$/;

export const wantsHost: Fault = (text) =>
  host.test(text) && (!looksLikeAddress.test(text) || isIP(text) !== 0)
    ? undefined
    : 'wanted a host name or an IP address';

/** `pbx.example.com`, or with a port behind it. */
export const wantsHostPort: Fault = (text) => {
  const { host: name, port } = hostAndPort(text);
  return wantsHost(name) ?? (port === undefined ? undefined : wantsPort(port));
};

/** The port is what stands behind the only colon: an IPv6 address has several, unless it is in brackets. */
export function hostAndPort(text: string): { readonly host: string; readonly port?: string } {
  const [, bracketed, behind] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return { host: bracketed, port: behind };
  const [name = '', port, ...more] = text.split(':');
  return more.length > 0 || port === undefined ? { host: text } : { host: name, port };
}

export const wantsPort: Fault = (text) =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? undefined : 'wanted a port, 1 to 65535';

/** One line that a phone's file, or devices.yml, can hold. */
export const wantsText: Fault = (text) => {
  if (text.trim() === '') return 'wanted some text';
  return /[\p{Cc}\u2028\u2029]/u.test(text) ? 'it has a line break or a control character' : undefined;
};

export const wantsNothingOrText: Fault = (text) => (text === '' ? undefined : wantsText(text));

export const wantsExtension: Fault = (text) =>
  /^[A-Za-z0-9_.*#+-]{1,32}$/.test(text) ? undefined : 'wanted a number such as 1001: letters, digits and _.*#+-';

/** Where to count from. */
export const wantsNumber: Fault = (text) =>
  /^\d{1,15}$/.test(text) ? undefined : 'wanted a number such as 1001, from which the others are counted';

export const wantsUrl =
  (schemes: readonly string[], example: string): Fault =>
  (text) => {
    const url = URL.parse(text);
    const isOne = url !== null && schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '';
    return isOne ? undefined : `wanted an address such as ${example}`;
  };
