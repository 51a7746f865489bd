import type { Claim } from '../registration.ts';

/** What Kamailio's usrloc says (src/modules/usrloc/ul_rpc.c): objects in lists in objects; what is not of the form is passed over. */

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value !== '[not set]' ? value : undefined;

/** The addresses of record of one table that `ul.dump brief` lists. */
export function aorsOf(result: unknown, table: string): string[] {
  return listOf(Object(result).Domains)
    .map((entry) => Object(Object(entry).Domain))
    .filter(({ Domain }) => Domain === undefined || Domain === table)
    .flatMap(({ AoRs }) => listOf(AoRs))
    .map((entry) => textOf(Object(entry).AoR) ?? textOf(Object(Object(entry).Info).AoR))
    .filter((aor) => aor !== undefined);
}

/** The contacts that `ul.lookup` gives for one of them. */
export function contactsOf(result: unknown, at: number): Claim[] {
  const [extension = '', domain] = splitAor(textOf(Object(result).AoR) ?? '');
  return listOf(Object(result).Contacts).flatMap((entry) => {
    const contact = Object(Object(entry).Contact);
    const uri = textOf(contact.Address);
    if (uri === undefined || contact.State === 'CS_DELETE') return [];
    const seconds = typeof contact.Expires === 'number' ? contact.Expires : undefined;
    const handles = { received: textOf(contact.Received), path: textOf(contact.Path), socket: textOf(contact.Socket) };
    return [
      {
        ...{ extension, domain, contact: uri, received: handles.received, at },
        user_agent: textOf(contact['User-Agent']),
        instance: textOf(contact.Instance),
        handles: Object.fromEntries(
          Object.entries(handles).filter((pair): pair is [string, string] => pair[1] !== undefined),
        ),
        // 0 is for ever, and so are the words "permanent" and "deleted" no time.
        expires: seconds !== undefined && seconds > 0 ? at + seconds * 1_000 : undefined,
      },
    ];
  });
}

/** With `use_domain` the address of record is `1001@example.com`. */
function splitAor(aor: string): readonly [string, string?] {
  const at = aor.lastIndexOf('@');
  return at < 0 ? [aor] : [aor.slice(0, at), aor.slice(at + 1)];
}
