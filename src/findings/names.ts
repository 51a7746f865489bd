import type { Mac } from '../model/mac.ts';

/** A path as it was meant; as it stands where it is no percent-encoding. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const spelt = /[0-9a-f]{2}(?:[^0-9a-z]?[0-9a-f]{2}){5}/i;

/** In lower case, with the MAC in it as twelve digits, whatever stood between them. */
export const withPlainMac = (name: string): string =>
  name.toLowerCase().replace(spelt, (mac) => mac.replace(/[^0-9a-f]/g, ''));

/** Every MAC that differs in one digit, or has two neighbouring digits in the other order. */
export function* neighbours(mac: Mac): Generator<Mac> {
  for (let index = 0; index < mac.length; index++) {
    const with_ = (text: string) => (mac.slice(0, index) + text + mac.slice(index + text.length)) as Mac;
    for (const digit of '0123456789abcdef') if (digit !== mac[index]) yield with_(digit);
    const [one = '', other = ''] = mac.slice(index, index + 2);
    if (other !== '' && one !== other) yield with_(other + one);
  }
}

/** Letters and digits alone, in lower case: `VVX_450` and `vvx450` are the same. */
export const folded = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
