import { formatMac, type Mac, parseMac } from '../model/mac.ts';
import type { Catalogue } from './catalogue.ts';

/** A phone as somebody pasted it, or a table has it: all but the MAC may be missing. */
export interface Listed {
  readonly mac: Mac;
  readonly vendor?: string;
  readonly model?: string;
  readonly extension?: string;
  readonly name?: string;
  readonly password?: string;
}

export interface PhoneList {
  readonly phones: readonly Listed[];
  /** A sentence for each line that is none. */
  readonly faults: readonly string[];
}

/**
 * Phones from the rows of a table. Titles in the first row say what its columns are (mac, vendor, model, extension, name,
 * password); without titles, and for pasted lines, each cell is taken for what it looks like. A MAC may be spelled in any way.
 */
export function phonesOf(rows: readonly (readonly string[])[], catalogue: Catalogue): PhoneList {
  const [first = []] = rows;
  const titles = first.some((cell) => looseMac(cell)) ? undefined : titlesOf(first);
  const body = titles ? rows.slice(1) : rows;
  const phones = new Map<Mac, Listed>();
  const faults: string[] = titles && !titles.includes('mac') ? [`no column is titled mac: ${first.join(', ')}`] : [];
  for (const [index, cells] of faults.length > 0 ? [] : body.entries())
    for (const phone of titles ? [byTitles(cells, titles)] : byLooks(cells, catalogue)) {
      const line = `line ${index + (titles ? 2 : 1)}`;
      if (typeof phone === 'string') faults.push(`${line}: ${phone}`);
      else if (phones.has(phone.mac)) faults.push(`${line}: ${formatMac(phone.mac)} is there twice`);
      else phones.set(phone.mac, phone);
    }
  return { phones: [...phones.values()], faults };
}

/** As `parseMac`, and with blanks, dots or the word MAC, as stickers and switches have it. */
export function looseMac(text: string): Mac | undefined {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text.trim())) return undefined;
  const bare = text.trim().replace(/^mac(?:[ -]?address)?\s*[:=]?\s*/i, '');
  return /^[0-9a-f\s:.-]+$/i.test(bare) ? parseMac(bare.replace(/[\s:.-]/g, '')) : undefined;
}

const columns = ['mac', 'vendor', 'model', 'extension', 'name', 'password'] as const;
type Column = (typeof columns)[number];
const also: Readonly<Record<string, Column>> = {
  ...{ 'mac address': 'mac', mac_address: 'mac', macaddress: 'mac', ext: 'extension', number: 'extension' },
  ...{ phone: 'extension', 'display name': 'name', displayname: 'name', secret: 'password', brand: 'vendor' },
};

const titlesOf = (cells: readonly string[]): (Column | undefined)[] | undefined => {
  const titles = cells.map((cell) => {
    const word = cell.trim().toLowerCase();
    return columns.find((column) => column === word) ?? also[word];
  });
  return titles.some((title) => title !== undefined) ? titles : undefined;
};

function byTitles(cells: readonly string[], titles: readonly (Column | undefined)[]): Listed | string {
  const given = Object.fromEntries(
    titles.flatMap((title, index) => (title && cells[index]?.trim() ? [[title, cells[index].trim()]] : [])),
  ) as Partial<Record<Column, string>>;
  const mac = looseMac(given.mac ?? '');
  return mac ? { ...given, mac } : noMac(given.mac ?? '');
}

/** Also several MACs of one line. */
function byLooks(row: readonly string[], catalogue: Catalogue): (Listed | string)[] {
  const cells = row.map((cell) => cell.trim()).filter((cell) => cell !== '');
  if (cells.length === 1) return bySpaces(cells[0] ?? '', catalogue);
  if (cells.length > 1 && cells.every((cell) => looseMac(cell))) return cells.map((cell) => ({ mac: looseMac(cell)! }));
  return [oneOf(cells, catalogue)];
}

function bySpaces(text: string, catalogue: Catalogue): (Listed | string)[] {
  const whole = looseMac(text);
  if (whole) return [{ mac: whole }];
  const words = text.split(/\s+/);
  if (words.every((word) => looseMac(word))) return words.map((word) => ({ mac: looseMac(word)! }));
  return [oneOf(words, catalogue)];
}

function oneOf(cells: readonly string[], catalogue: Catalogue): Listed | string {
  const at = cells.findIndex((cell) => looseMac(cell));
  const mac = looseMac(cells[at] ?? '');
  // Nor is it known which of the others is a password.
  if (!mac) return noMac(cells[0] ?? '');
  const phone: { -readonly [P in keyof Listed]: Listed[P] } = { mac };
  const words: string[] = [];
  for (const cell of cells.filter((_, index) => index !== at)) {
    const model = words.length > 0 ? undefined : catalogue.find(cell);
    if (model && phone.model === undefined) Object.assign(phone, model);
    else if (phone.extension === undefined && /^[\d*#+]{1,32}$/.test(cell)) phone.extension = cell;
    else words.push(cell);
  }
  if (words.length > 0) phone.name = words.join(' ');
  return phone;
}

const noMac = (text: string): string =>
  `${JSON.stringify(text.slice(0, 80))} has no MAC; wanted one such as 00:15:65:12:34:56`;
