import { completion, man, setup } from './beginning.ts';
import { doctor } from './doctor.ts';
import { fetches, history, status } from './fleet.ts';
import { rollback, show } from './revisions.ts';
import { rollout } from './rollout.ts';
import { secretEncrypt, secretKeygen, secretRotate } from './secrets.ts';
import { notify, serve, sync } from './serving.ts';
import { build, check, explain, init, plan, verify } from './site.ts';
import { tokenCreate, tokenList, tokenRevoke } from './tokens.ts';
import type { Verb } from './verb.ts';
import { dhcp, unknown } from './zero-touch.ts';

/** Every verb, in the order of the help. What each runs stands in `command-line.ts`. */
export const verbs: readonly Verb[] = [
  ...[
    check,
    plan,
    build,
    serve,
    notify,
    status,
    history,
    show,
    rollback,
    rollout,
    explain,
    fetches,
    unknown,
    dhcp,
    doctor,
    verify,
    sync,
  ],
  ...[secretEncrypt, secretRotate, secretKeygen],
  ...[tokenCreate, tokenList, tokenRevoke],
  ...[init, setup, completion, man],
];

/** What the first word of verbs of two words stands for. */
export const families: Readonly<Record<string, string>> = {
  secret: 'Encrypt passwords with age: encrypt, rotate, keygen',
  token: 'Say who may call the API: create, list, revoke',
};

/** First words, each once. */
export const firstWords: readonly string[] = [...new Set(verbs.map(({ name }) => name.split(' ')[0] ?? name))];
