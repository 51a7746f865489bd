import { BindRequest, ExtendedRequest } from 'ldapts';
import { Secret } from '../../../model/secret.ts';
import { quoted } from '../../../problem.ts';
import { type Connection, openConnection } from './connection.ts';
import { type Entry, firstText, textsOf } from './entry.ts';
import { DirectoryFailure } from './failure.ts';
import { readOne } from './search.ts';
import type { Directory, Login } from './settings.ts';

/** Somebody who is let in, and what the server says of itself. */
export interface Session {
  readonly connection: Connection;
  readonly root: RootDse;
}

/** What a server says of itself (RFC 4512, section 5.1; [MS-ADTS] 3.1.1.3.2). */
export interface RootDse {
  readonly kind: 'active-directory' | 'openldap' | 'plain';
  readonly controls: ReadonlySet<string>;
  readonly namingContexts: readonly string[];
  /** Active Directory: the NTDS Settings of this server, its naming context, and the last change that it made. */
  readonly serviceName?: string;
  readonly defaultContext?: string;
  readonly highestUsn?: string;
}

/** The first server that lets us in. Throws what each said, in one `DirectoryFailure`. */
export async function openSession(directory: Directory): Promise<Session> {
  const failures: DirectoryFailure[] = [];
  for (const url of directory.urls) {
    try {
      return await openOne(url, directory);
    } catch (error) {
      if (!(error instanceof DirectoryFailure) || directory.signal?.aborted) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (!first || failures.length === 1) throw first ?? new Error('there is no url');
  const [head, ...others] = failures.map(({ server, step, message }) => ({ server, step, message }));
  const seen = [head?.message.slice(`${head.server}: ${head.step}: `.length), ...others.map(({ message }) => message)];
  throw new DirectoryFailure({ server: first.server, step: first.step, seen: seen.join('; '), code: first.code });
}

async function openOne(url: string, { startTls, tls, login, ...reach }: Directory): Promise<Session> {
  const connection = await openConnection({ url, tls, ...reach });
  try {
    if (startTls && url.startsWith('ldap:')) {
      await connection.ask(new ExtendedRequest({ messageId: 0, oid: '1.3.6.1.4.1.1466.20037' }), { step: 'StartTLS' });
      await connection.secure(tls);
    }
    await bind(connection, login);
    const root = await readOne(connection, { dn: '', attributes: rootAttributes, step: 'root DSE' });
    return { connection, root: rootOf(root ?? { dn: '', attributes: new Map() }) };
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function bind(connection: Connection, login: Login): Promise<void> {
  if (login.how === 'anonymous') return;
  const who = 'dn' in login ? login.dn : 'the client certificate';
  try {
    await connection.ask(bindRequest(login), { step: `bind as ${quoted(who)}` });
  } catch (error) {
    if (!(error instanceof DirectoryFailure) || error.code === undefined) throw error;
    const { server, code, message } = error;
    const seen = `was refused (${message.slice(message.indexOf(`${error.step}: `) + error.step.length + 2)})`;
    throw new DirectoryFailure({ server, step: error.step, seen, code });
  }
}

function bindRequest(login: Exclude<Login, { how: 'anonymous' }>): BindRequest {
  if (login.how === 'EXTERNAL') return new BindRequest({ messageId: 0, mechanism: 'EXTERNAL' });
  const { how, dn, password } = login as Extract<Login, { dn: string }>;
  const text = Secret.reveal(password);
  // RFC 4616: who it is for, who it is, and the password.
  if (how === 'PLAIN') return new BindRequest({ messageId: 0, mechanism: 'PLAIN', password: `\0${dn}\0${text}` });
  return new BindRequest({ messageId: 0, dn, password: text });
}

const rootAttributes = [
  'objectClass',
  'supportedControl',
  'supportedCapabilities',
  'namingContexts',
  'dsServiceName',
  'defaultNamingContext',
  'highestCommittedUSN',
];

/** LDAP_CAP_ACTIVE_DIRECTORY_OID */
const activeDirectory = '1.2.840.113556.1.4.800';

function rootOf(entry: Entry): RootDse {
  const isOpenLdap = textsOf(entry, 'objectClass').some((name) => name.toLowerCase() === 'openldaprootdse');
  const isActiveDirectory = textsOf(entry, 'supportedCapabilities').includes(activeDirectory);
  return {
    kind: isActiveDirectory ? 'active-directory' : isOpenLdap ? 'openldap' : 'plain',
    controls: new Set(textsOf(entry, 'supportedControl')),
    namingContexts: textsOf(entry, 'namingContexts'),
    serviceName: firstText(entry, 'dsServiceName'),
    defaultContext: firstText(entry, 'defaultNamingContext'),
    highestUsn: firstText(entry, 'highestCommittedUSN'),
  };
}
