import { SaxesParser } from 'saxes';
import type { Vendor } from '../../src/model/vendor.ts';

/** The settings of a phone's file by name, in order; one that stands there twice is there twice. Throws on a file that is malformed. */
export function settingsOf(text: string, vendor: Pick<Vendor, 'grammar'>): string[] {
  return text.startsWith('<') ? settingsOfXml(text) : settingsOfLines(text, vendor.grammar);
}

function settingsOfLines(text: string, grammar: RegExp | undefined): string[] {
  if (!grammar) throw new Error('vendor.yml has no grammar');
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    const match = grammar.exec(line);
    if (match?.[0] !== line) throw new Error(`a line that is not of the grammar: ${line.slice(0, 80)}`);
    return match.groups?.name ?? [];
  });
}

interface Element {
  /** Names from the root down, with the place among their siblings for all but the last. */
  readonly path: string;
  readonly own: string;
  children: number;
}

/** An attribute with a dot in its name is a setting, and an element without elements in it, by its path and its `name` or `id`. */
function settingsOfXml(text: string): string[] {
  const settings: string[] = [];
  const open: Element[] = [];
  const parser = new SaxesParser({});
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const parent = open.at(-1);
    const path = parent ? `${parent.path}/${parent.own}[${parent.children}]` : '';
    if (parent) parent.children++;
    const names = Object.entries<unknown>(attributes);
    const dotted = names.map(([attribute]) => attribute).filter((attribute) => attribute.includes('.'));
    settings.push(...dotted);
    const id = names.filter(([attribute]) => ['name', 'id'].includes(attribute)).map(([, value]) => `#${value}`);
    open.push({ path, own: name + id.join(''), children: dotted.length });
  });
  parser.on('closetag', () => {
    const element = open.pop();
    const parents = element?.path.replace(/\[\d+\]$/, '');
    if (element?.children === 0) settings.push(`${parents}/${element.own}`);
  });
  parser.write(text).close();
  return settings;
}
