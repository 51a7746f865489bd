import type { Directory } from './answers.ts';
import type { Ask, Given } from './ask.ts';
import { wantsNothingOrText, wantsText, wantsUrl } from './wants.ts';
import type { Found, World } from './world.ts';

export interface Asking {
  readonly ask: Ask;
  /** Who is asked once what a flag said did not do. */
  readonly person: Ask;
  readonly given: Given;
}

/** The directory of people, tried as soon as it is described. Undefined when there is none, or none that answers. */
export async function askDirectory(
  { ask, person, given: { ldap } }: Asking,
  world: World,
): Promise<{ directory: Directory; found: Found } | undefined> {
  const question = {
    flag: 'ldap',
    message: 'Do people come from a directory (LDAP, Active Directory)?',
    initial: false,
  };
  const isThere = ldap === undefined ? await person.yes(question) : ldap !== false;
  if (!isThere) return undefined;
  let settings = await askSettings(ask, world);
  for (let asked = ask; ; asked = person) {
    const directory = {
      ...settings,
      ...(settings.bind_dn && { password: await askPassword(asked, settings.bind_dn) }),
    };
    const found = await ask
      .during('asking the directory', world.tryDirectory(directory))
      .catch((error: Error) => error);
    if (!(found instanceof Error)) {
      for (const note of found.notes) ask.say(note);
      ask.say(`the directory answers: ${found.people.size} people have a number`);
      return { directory, found };
    }
    if (!ask.isAttended) throw new Error(`the directory: ${found.message}`, { cause: found });
    ask.say(`${found.message}${hintOf(found.message)}`);
    const next = await askAgain(person);
    if (next === 'without') return undefined;
    if (next === 'settings') settings = await askSettings(person, world);
  }
}

type Settings = Omit<Directory, 'password'>;

async function askSettings(ask: Ask, { absolute }: World): Promise<Settings> {
  const url = await ask.text({
    flag: 'ldap',
    message: 'Where it is',
    fault: wantsUrl(['ldap', 'ldaps'], 'ldaps://dc1.example.com'),
  });
  const tls = url.startsWith('ldap://')
    ? await ask.yes({ flag: 'ldap-start-tls', message: 'Encrypt the connection (StartTLS)?', initial: false })
    : false;
  const encrypted = tls || url.startsWith('ldaps://');
  const ca = encrypted
    ? await ask.text({
        flag: 'ldap-ca',
        message: 'File of the authority that signed its certificate (PEM; empty: the system knows it)',
        initial: '',
      })
    : '';
  const base = await ask.text({
    flag: 'ldap-base',
    message: 'Where people are in it (base DN, such as ou=people,dc=example,dc=com)',
    fault: wantsText,
  });
  const name = await ask.text({
    flag: 'ldap-bind-dn',
    message: 'Who asks (a DN, or user@domain; empty: anonymously)',
    initial: '',
    fault: wantsNothingOrText,
  });
  const filter = await ask.text({
    flag: 'ldap-filter',
    message: 'Who counts',
    initial: '(objectClass=person)',
    fault: wantsText,
  });
  return {
    ...{ url, base, filter },
    ...(tls && { start_tls: true }),
    ...(ca !== '' && { tls: { ca: absolute(ca) } }),
    ...(name !== '' && { bind_dn: name }),
  };
}

const askPassword = (ask: Ask, name: string): Promise<string> =>
  ask.secret({ flag: 'ldap-password-file', message: `Password of ${name}`, fault: wantsText });

const askAgain = (ask: Ask) =>
  ask.choice({
    flag: 'ldap-again',
    message: 'What now?',
    initial: 'password',
    choices: [
      { value: 'password', label: 'Another password' },
      { value: 'settings', label: 'Other settings' },
      { value: 'without', label: 'Go on without the directory', hint: 'it can be put into devices.yml later' },
    ],
  });

/** What is most often wrong. */
function hintOf(message: string): string {
  if (message.includes('invalid credentials'))
    return '\nThe directory knows no such name, or not with this password. An Active Directory also takes user@domain for a name.';
  return '';
}
