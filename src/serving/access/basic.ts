import { type Account, hashOf, realm } from './account.ts';
import { sameHex } from './same-secret.ts';

/** `charset` is left out: phones know ASCII, and some stumble over what they do not know (RFC 7617 section 2.1). */
export const basicChallenge = `Basic realm="${realm}"`;

/** Whether these are the credentials of one of the accounts; each is compared, whatever the ones before gave. */
export function checkBasic(
  { user, password }: { readonly user: string; readonly password: string },
  accounts: readonly Account[],
): boolean {
  const key = hashOf('SHA-256', `${user}:${realm}:${password}`);
  let right = false;
  for (const { keys, scheme } of accounts) {
    const same = sameHex(key, keys['SHA-256']);
    // A password that is for digests alone must not travel in the clear, not even once and by mistake.
    if (same && scheme !== 'digest') right = true;
  }
  return right;
}
