/** A MAC address as phones write it into file names: 12 hexadecimal digits, lower case, no separators. */
export type Mac = string & { readonly __mac: unique symbol };

const usual =
  /^(?:[0-9a-f]{12}|[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})$/i;

/**
 * Reads a MAC in any usual spelling (`001565123456`, `00:15:65:…`, `00-15-65-…`, `0015.6512.3456`).
 * Undefined when it is none, and for `000000000000`, which phones use as the name of a common file.
 */
export function parseMac(text: string): Mac | undefined {
  if (!usual.test(text)) return undefined;
  const digits = text.replace(/[:.-]/g, '').toLowerCase();
  return digits === '000000000000' ? undefined : (digits as Mac);
}

/** With colons and in upper case, as printed on the phone: `00:15:65:12:34:56`. */
export function formatMac(mac: Mac): string {
  // Written out: it stands in every line of the log, and a regular expression costs more than the rest of the line.
  const m = mac.toUpperCase();
  return `${m.slice(0, 2)}:${m.slice(2, 4)}:${m.slice(4, 6)}:${m.slice(6, 8)}:${m.slice(8, 10)}:${m.slice(10, 12)}`;
}
