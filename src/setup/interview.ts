import type { Answers } from './answers.ts';
import { type Ask, type Given, unattended, withFlags } from './ask.ts';
import { askDirectory } from './ask-directory.ts';
import { askPbx } from './ask-pbx.ts';
import { askPhones } from './ask-phones.ts';
import { wantsHost, wantsPort } from './wants.ts';
import type { World } from './world.ts';

/** Asks for all that the first site needs; nothing is written. @throws BrokenOff, or a sentence for a flag that does not do */
export async function interview(person: Ask, given: Given, world: World): Promise<Answers> {
  const ask = withFlags(given, person);
  // What hardly anybody wants otherwise has a flag, and no question.
  const rare = withFlags(given, unattended(person.say));
  const server = await askServer({ ask, rare, given }, world);
  const { sip, pbx } = await askPbx(ask, rare);
  const { timezone, language } = await askPlace(ask, world);
  const people = await askDirectory({ ask, person, given }, world);
  const first = await askPhones({ ask, given, known: people?.found.people ?? new Map() }, world);
  const secrets = await ask.choice({
    flag: 'secrets',
    message: 'Where passwords are kept',
    initial: 'files',
    choices: [
      { value: 'files', label: 'Each in a file of its own', hint: 'which git never sees' },
      {
        value: 'age',
        label: 'In devices.yml, encrypted with age',
        hint: 'git sees them, and only those with the key can read them',
      },
    ],
  });
  const ci = await ask.choice({
    flag: 'ci',
    message: 'A workflow that checks each change',
    initial: 'none',
    choices: [
      { value: 'none', label: 'None' },
      { value: 'github', label: 'GitHub' },
      { value: 'gitlab', label: 'GitLab' },
    ],
  });
  return {
    server,
    sip,
    pbx,
    directory: people && { ...people.directory, text: people.found.text },
    timezone,
    language,
    ...first,
    secrets,
    ci,
  };
}

const another = 'another';

interface Asking {
  readonly ask: Ask;
  readonly rare: Ask;
  readonly given: Given;
}

async function askServer({ ask, rare, given }: Asking, { addresses }: World): Promise<Answers['server']> {
  const question = { flag: 'server', message: 'Address that phones reach this machine at' };
  const initial = addresses[0]?.address;
  const choices = addresses.map(({ address, name }) => ({ value: address, label: address, hint: name }));
  const others = [...choices, { value: another, label: 'Another address, or a name' }];
  const isPicked = ask.isAttended && initial !== undefined && given.server === undefined;
  const picked = isPicked ? await ask.choice({ ...question, initial, choices: others }) : another;
  const type = () => ask.text({ ...question, initial: isPicked ? undefined : initial, fault: wantsHost });
  const address = picked === another ? await type() : picked;
  const port = await rare.text({ flag: 'port', message: 'port of HTTP', initial: '8080', fault: wantsPort });
  return { address, port: Number(port) };
}

async function askPlace(ask: Ask, world: World): Promise<Pick<Answers, 'timezone' | 'language'>> {
  const timezone = await ask.text({
    flag: 'timezone',
    message: 'Time zone',
    initial: world.timezones.has(world.timezone) ? world.timezone : 'UTC',
    fault: (text) => (world.timezones.has(text) ? undefined : 'wanted a time zone such as Europe/Berlin'),
  });
  const language = await ask.text({
    flag: 'language',
    message: 'Language of the displays',
    initial: world.language,
    fault: (text) =>
      /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/.test(text) ? undefined : 'wanted a language tag, such as de or pt-BR',
  });
  return { timezone, language };
}
