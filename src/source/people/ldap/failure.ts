import { quoted, visible } from '../../../problem.ts';

/** A step of a reading that failed: which server, which step, what was seen and what is wanted. Never a secret. */
export class DirectoryFailure extends Error {
  readonly server: string;
  readonly step: string;
  /** The result code of the server (RFC 4511, appendix A), when it gave one. */
  readonly code?: number;

  constructor({ server, step, seen, code }: { server: string; step: string; seen: string; code?: number }) {
    super(`${server}: ${step}: ${seen}`);
    this.server = server;
    this.step = step;
    if (code !== undefined) this.code = code;
  }
}

/** What the system and TLS say, in words. */
const socketWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to this address',
  ENETUNREACH: 'there is no way to this address',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  ETIMEDOUT: 'no answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name; wanted the host of the URL, or `tls: { server_name }`',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there speaks no TLS',
};

const unknownIssuer = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

export function socketSeen(error: NodeJS.ErrnoException): string {
  const { code = '' } = error;
  if (unknownIssuer.has(code))
    return `its certificate is signed by nobody who is trusted here (${code}); wanted \`tls: { ca: PATH }\``;
  const words = socketWords[code];
  return words === undefined ? visible(error.message) : `${words} (${code})`;
}

/** RFC 4511, appendix A.2. */
const resultWords: Readonly<Record<number, string>> = {
  1: 'operations error; an Active Directory says so to who is not bound',
  2: 'protocol error',
  3: 'its time limit is exceeded',
  4: 'its size limit is exceeded, and it does not page; wanted a limit of the account that is high enough',
  7: 'it does not know this way to bind',
  8: 'it wants stronger authentication: use ldaps:// or start_tls',
  11: 'its administrative limit is exceeded',
  12: 'it does not know a control that is needed',
  13: 'it wants a connection that is encrypted: use ldaps:// or start_tls',
  32: 'there is no such entry',
  34: 'this is no distinguished name',
  48: 'this way to bind is not for this account',
  49: 'invalid credentials',
  50: 'the account has not the rights',
  51: 'it is busy',
  52: 'it is unavailable',
  53: 'it is unwilling to perform this',
  4096: 'it wants everything to be read anew',
};

/** Active Directory says in its text why it refuses a bind: `data 533`. */
const accountWords: Readonly<Record<string, string>> = {
  '530': 'not at this hour',
  '531': 'not from this machine',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '701': 'the account has expired',
  '773': 'the password must be changed first',
  '775': 'the account is locked',
};

/** Bytes that are no text stand in the messages of some servers. */
export function resultSeen({ code, message }: { code: number; message: string }): string {
  const words = resultWords[code] ?? `result code ${code}`;
  const account = code === 49 ? accountWords[/\bdata ([0-9a-f]{3})\b/.exec(message)?.[1] ?? ''] : undefined;
  const said = message.trim() === '' || code === 49 ? '' : `: ${quoted(message.trim())}`;
  return `${words}${account === undefined ? '' : `; ${account}`}${said}`;
}
