import { type DhcpPlan, hexOf, type Option, type PhoneClass, placesOf } from './options.ts';

/** Names that Kea has itself, by code. */
const names: Readonly<Record<number, string>> = { 66: 'tftp-server-name', 67: 'boot-file-name' };

/** To be merged into the configuration of kea-dhcp4: options for all, and classes. */
export function forKea({ everybody, classes }: DhcpPlan): string {
  const everywhere = everybody.filter(({ code }) => code !== 43);
  const ofAll = everybody.filter(({ code }) => code === 43).map((option) => withDefinition('offhook-all', [option]));
  const Dhcp4 = {
    ...(everywhere.length > 0 && { 'option-data': everywhere.map(data) }),
    ...(classes.length + ofAll.length > 0 && { 'client-classes': [...ofAll, ...classes.map(classOf)] }),
  };
  return `${JSON.stringify({ Dhcp4 }, null, 2)}\n`;
}

/** Which codes Kea has a definition of, and forbids another, differs between its versions: bytes need none. */
function data(option: Option) {
  const { code, text } = option;
  const name = names[code];
  // A comma parts fields, where text is read as such.
  if (name !== undefined && !text.includes(',')) return { name, data: text };
  return { code, 'csv-format': false, data: hexOf(option), comment: text };
}

/** Option 43 is defined where it is used: each vendor has another. */
function withDefinition(name: string, options: readonly Option[]) {
  const own = options.some(({ code }) => code === 43);
  const definitions = [{ name: 'vendor-encapsulated-options', code: 43, space: 'dhcp4', type: 'binary' }];
  return { name, ...(own && { 'option-def': definitions }), 'option-data': options.map(data) };
}

const classOf = ({ name, says, match, options }: PhoneClass) => {
  const { name: _, ...rest } = withDefinition(name, options);
  return { name, test: testOf(says, match), ...rest };
};

const testOf = (says: string, match: PhoneClass['match']): string =>
  placesOf(match)
    .map((place) => `(substring(option[60].hex,${place},${says.length}) == '${says}')`)
    .join(' or ');
