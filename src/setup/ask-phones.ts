import { formatMac, type Mac } from '../model/mac.ts';
import type { Person, Phone } from './answers.ts';
import type { Ask, Given } from './ask.ts';
import { type Listed, phonesOf } from './phone-list.ts';
import { wantsExtension, wantsNothingOrText, wantsNumber, wantsText } from './wants.ts';
import type { World } from './world.ts';

export interface First {
  readonly phones: readonly Phone[];
  readonly people: ReadonlyMap<string, Person>;
}

/** With more phones than that nobody is asked for each of them. */
const most = 20;

export interface Asking {
  readonly ask: Ask;
  readonly given: Given;
  /** Names by number that the directory has. */
  readonly known: ReadonlyMap<string, string | undefined>;
}

/** The first phones: which, what they are, and whose. */
export async function askPhones({ ask, given, known }: Asking, world: World): Promise<First> {
  const listed = await askWhich(ask, given, world);
  const kinds = await askKinds(ask, world, listed);
  const phones = await askNumbers(ask, kinds, known);
  return { phones, people: await askPeople(ask, world, { listed: phones, known }) };
}

type Numbered = Phone & Pick<Listed, 'name' | 'password'>;

async function askWhich(ask: Ask, given: Given, { asked, catalogue, rowsOf }: World): Promise<readonly Listed[]> {
  const read = (text: string) => phonesOf(rowsOf(text), catalogue);
  const fault = (text: string) => {
    try {
      const { phones, faults } = read(text);
      return faults.length > 0
        ? faults.slice(0, 5).join('\n')
        : phones.length > 0
          ? undefined
          : 'wanted at least one MAC';
    } catch (error) {
      return (error as Error).message;
    }
  };
  if (asked.length === 0 && given.phones === 'asked') throw new Error('no phone has asked yet; wanted --devices FILE');
  const where =
    asked.length === 0 || given.devices !== undefined
      ? 'paste'
      : await ask.choice({
          flag: 'phones',
          message: 'The first phones',
          initial: 'paste',
          choices: [
            { value: 'paste', label: 'Paste their MACs' },
            { value: 'asked', label: 'Pick from those that asked already', hint: `${asked.length}` },
          ],
        });
  if (where === 'paste')
    return read(
      await ask.lines({
        flag: 'devices',
        message: 'The first phones: their MACs, one a line, or lines of a table (MAC, model, extension, name)',
        fault,
      }),
    ).phones;
  const choices = asked.map(({ mac, model, address, says = model }) => ({
    value: mac,
    label: formatMac(mac),
    hint: [says, address].filter(Boolean).join(', '),
  }));
  const picked = ask.isAttended
    ? await ask.some({ flag: 'phones', message: 'Which of them', choices })
    : asked.map(({ mac }) => mac);
  return asked.filter(({ mac }) => picked.includes(mac)).map(({ mac, vendor, model }) => ({ mac, vendor, model }));
}

/** What a table says counts, then what the MAC and the models leave no choice about, then whoever is asked. */
async function askKinds(ask: Ask, { catalogue }: World, listed: readonly Listed[]): Promise<(Listed & Phone)[]> {
  const chosen = new Map<Mac, { vendor: string; model: string }>();
  const open = new Map<string, Listed[]>();
  for (const phone of listed) {
    const vendor = phone.vendor === undefined ? catalogue.vendorOf(phone.mac) : vendorNamed(phone.vendor, catalogue);
    const models = vendor === undefined ? [] : catalogue.modelsOf(vendor);
    const said = phone.model === undefined ? undefined : catalogue.find(phone.model, vendor);
    if (phone.model !== undefined && !said)
      throw new Error(
        `${formatMac(phone.mac)}: ${JSON.stringify(phone.model)} is no model; wanted ${models.length > 0 ? models.map(({ id }) => id).join(', ') : everyModel(catalogue)}`,
      );
    if (said) chosen.set(phone.mac, said);
    else if (vendor !== undefined && models.length === 1 && models[0])
      chosen.set(phone.mac, { vendor, model: models[0].id });
    else open.set(vendor ?? '', [...(open.get(vendor ?? '') ?? []), phone]);
  }
  for (const [vendor, phones] of open) {
    const kind = await askKind(ask, catalogue, { vendor, phones });
    for (const { mac } of phones) chosen.set(mac, kind);
  }
  return listed.map((phone) => ({ ...phone, ...chosen.get(phone.mac)!, extension: phone.extension ?? '' }));
}

function vendorNamed(word: string, { vendors }: World['catalogue']): string {
  const found = vendors.find(({ id, title }) => [id, title.toLowerCase()].includes(word.toLowerCase()));
  if (found) return found.id;
  throw new Error(`${JSON.stringify(word)} is no vendor; wanted one of ${vendors.map(({ id }) => id).join(', ')}`);
}

async function askKind(
  ask: Ask,
  catalogue: World['catalogue'],
  { vendor, phones }: { vendor: string; phones: readonly Listed[] },
) {
  const vendors = catalogue.vendors.filter(({ id }) => vendor === '' || id === vendor);
  const choices = vendors.flatMap(({ id, title }) =>
    catalogue.modelsOf(id).map((model) => ({ value: `${id}/${model.id}`, label: `${title} ${model.title}` })),
  );
  const macs = phones.map(({ mac }) => formatMac(mac));
  const shown = macs.length > 3 ? `${macs.slice(0, 3).join(', ')} and ${macs.length - 3} more` : macs.join(', ');
  const kind = await ask.choice({ flag: 'model', message: `The model of ${shown}`, choices });
  const [id = '', model = ''] = kind.split('/');
  return { vendor: id, model };
}

const everyModel = (catalogue: World['catalogue']): string =>
  catalogue.vendors.flatMap(({ id }) => catalogue.modelsOf(id).map((model) => `${id}/${model.id}`)).join(', ');

async function askNumbers(
  ask: Ask,
  phones: readonly (Listed & Phone)[],
  known: ReadonlyMap<string, unknown>,
): Promise<Numbered[]> {
  const fault = (text: string, mac: Mac) => {
    const wrong = wantsExtension(text);
    return wrong === undefined ? undefined : `${formatMac(mac)}: extension ${JSON.stringify(text)}: ${wrong}`;
  };
  const wrong = phones.flatMap(({ mac, extension }) => (extension === '' ? [] : (fault(extension, mac) ?? [])));
  if (wrong.length > 0) throw new Error(wrong.slice(0, 5).join('\n'));
  const open = phones.filter(({ extension }) => extension === '');
  if (open.length === 0) return [...phones];
  const taken = new Set(phones.map(({ extension }) => extension));
  const numbers =
    open.length > most || !ask.isAttended || open.length === 1 ? undefined : await eachOf(ask, open, taken, known);
  if (numbers) return phones.map((phone) => ({ ...phone, extension: numbers.get(phone.mac) ?? phone.extension }));
  const first = await ask.text({
    flag: 'first-extension',
    message:
      open.length === 1 && open[0]
        ? `Extension of ${formatMac(open[0].mac)}`
        : `The first extension of ${open.length} phones`,
    initial: nextFree('1001', taken),
    fault: open.length === 1 ? wantsExtension : wantsNumber,
  });
  let next = first;
  return phones.map((phone) => {
    if (phone.extension !== '') return phone;
    const extension = open.length === 1 ? first : nextFree(next, taken);
    taken.add(extension);
    next = extension;
    return { ...phone, extension };
  });
}

async function eachOf(
  ask: Ask,
  phones: readonly Phone[],
  taken: Set<string>,
  known: ReadonlyMap<string, unknown>,
): Promise<Map<Mac, string>> {
  const numbers = new Map<Mac, string>();
  let next = [...known.keys()].find((number) => /^\d+$/.test(number)) ?? '1001';
  for (const { mac, vendor, model } of phones) {
    const initial = nextFree(next, taken);
    // No flag: with flags the first one is named, and the others are counted.
    const message = `Extension of ${formatMac(mac)} (${vendor} ${model})`;
    const extension = await ask.text({ flag: `extension of ${mac}`, message, initial, fault: wantsExtension });
    numbers.set(mac, extension);
    taken.add(extension);
    if (/^\d{1,15}$/.test(extension)) next = extension;
  }
  return numbers;
}

/** With as many digits, also where the first are zeros. */
function nextFree(from: string, taken: ReadonlySet<string>): string {
  let number = Number(from);
  const text = () => String(number).padStart(from.length, '0');
  while (taken.has(text())) number++;
  return text();
}

interface Whose {
  readonly listed: readonly Numbered[];
  readonly known: ReadonlyMap<string, string | undefined>;
}

/** Whoever has one of the numbers: a name, unless the directory has it, and a password. */
async function askPeople(ask: Ask, world: World, { listed, known }: Whose): Promise<Map<string, Person>> {
  const numbers = [...new Set(listed.map(({ extension }) => extension))];
  const of = (number: string) => listed.filter(({ extension }) => extension === number);
  const lacks = numbers.filter((number) => of(number).every(({ password }) => password === undefined));
  const how =
    lacks.length === 0
      ? 'made'
      : await ask.choice({
          flag: 'sip-passwords',
          message: `SIP passwords of ${lacks.length} ${lacks.length === 1 ? 'extension' : 'extensions'}`,
          initial: 'made',
          choices: [
            { value: 'made', label: 'Make new ones', hint: 'and give them to the PBX' },
            { value: 'typed', label: 'Type those that the PBX has' },
          ],
        });
  const people = new Map<string, Person>();
  for (const number of numbers) {
    const given = of(number).find(({ name }) => name !== undefined)?.name;
    const isAsked = given === undefined && !known.has(number) && ask.isAttended && numbers.length <= most;
    const name = isAsked
      ? await ask.text({
          flag: `name of ${number}`,
          message: `Who has ${number} (empty: nobody yet)`,
          initial: '',
          fault: wantsNothingOrText,
        })
      : (given ?? '');
    const told = of(number).find(({ password }) => password !== undefined)?.password;
    const type = () =>
      ask.secret({ flag: `password of ${number}`, message: `SIP password of ${number}`, fault: wantsText });
    const password = told ?? (how === 'made' ? world.makePassword() : await type());
    people.set(number, { ...(name !== '' && { name }), password });
  }
  return people;
}
