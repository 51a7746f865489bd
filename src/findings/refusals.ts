import type { FetchFact, RefusalKind } from '../model/fact.ts';
import { quoted } from '../problem.ts';
import { nameOf, rule, ruleOfOne, whose } from './rule.ts';

/** What to do about each rule of `access:`. */
const fixes: Readonly<Record<RefusalKind, string>> = {
  guessing:
    'if phones are behind this address, list them in devices.yml or raise `access.guessing.per_minute`; it may come again when the time is up',
  network: 'add the network of the phone to `access.networks`, or move the phone into one that is there',
  address: 'give the device its `ip` in devices.yml, and the phone that address',
  'user-agent':
    'look whether it is a phone of this vendor; if its user agent is new, add a pattern to `user_agents` of vendor.yml',
  protocol: 'tell the phone to ask over HTTPS (or HTTP): this protocol cannot carry what `access` wants',
  certificate:
    'renew or replace the phone’s certificate, correct its clock, or add its maker’s authority to `server.https.client_ca`',
  token: 'give the phone the URL with its own token (it stands in its file), or the bootstrap URL to begin anew',
  spent: 'give the device another `bootstrap_token`: the one that it comes with was used already',
  challenge:
    'enter the user and the password of `access.credentials` at the phone: it was asked for them, and gave none',
  credentials:
    'enter the user and the password of `access.credentials` at the phone anew; after a change, put the old ones into `access.former`',
  stranger: 'list it in devices.yml, if it is yours; `offhook unknown` prints the entry',
};

/** Phones answer a challenge with their credentials: one by itself says nothing. */
const mostChallenges = 3;

interface Refusals {
  readonly last?: FetchFact;
  readonly count: number;
}

/** Refusals since the last fetch that went well. */
export const refused = rule<Refusals>({
  id: 'refused',
  severity: 'error',
  group: (fact) => (fact.refusal !== undefined || (fact.status < 400 && fact.complete) ? whose(fact) : undefined),
  begin: () => ({ count: 0 }),
  add: ({ count }, fact) => (fact.refusal === undefined ? { count: 0 } : { last: fact, count: count + 1 }),
  look({ last, count }, { devices }) {
    const { refusal, device, address, path, reason } = last ?? {};
    // A stranger is a finding of its own.
    if (refusal === undefined || path === undefined || refusal === 'stranger') return undefined;
    if (refusal === 'challenge' && count < mostChallenges) return undefined;
    const isOurs = device !== undefined && devices.has(device);
    return {
      ...{ device, address, count },
      severity: isOurs ? 'error' : refusal === 'guessing' ? 'warning' : 'note',
      seen: `was refused ${quoted(path)}: ${reason ?? refusal}`,
      fix: fixes[refusal],
    };
  },
});

/** What the server has and cannot give. */
export const unreadable = ruleOfOne({
  id: 'unreadable',
  severity: 'error',
  group: nameOf,
  seen({ status, refusal, reason = '', file, path, method }) {
    const isFault = status === 500 || status === 503 || (status === 403 && /EACCES|EPERM/.test(reason));
    if (!isFault || refusal !== undefined || (method !== 'GET' && method !== 'RRQ')) return undefined;
    const name = file ?? path;
    const fix = 'give the user of the daemon the right to read it; with EMFILE more descriptors (LimitNOFILE)';
    return { seen: `${quoted(name)} could not be served: ${reason || status}`, fix };
  },
});
