import { type Account, realm } from './account.ts';
import { type Prints, samePrint } from './same-secret.ts';

/** `charset` is left out: phones know ASCII, and some stumble over what they do not know (RFC 7617 section 2.1). */
export const basicChallenge = `Basic realm="${realm}"`;

/** Whether these are the credentials of one of the accounts; each is compared whole, whatever the ones before gave. */
export function checkBasic(
  { user, password }: { readonly user: string; readonly password: string },
  { accounts, prints }: { readonly accounts: readonly Account[]; readonly prints: Prints },
): boolean {
  const shown = { user: prints.of(user), password: prints.of(password) };
  let right = false;
  for (const account of accounts) {
    const sameUser = samePrint(shown.user, account.user);
    const samePassword = samePrint(shown.password, account.password);
    // A password that is for digests alone must not travel in the clear, not even once and by mistake.
    if (sameUser && samePassword && account.scheme !== 'digest') right = true;
  }
  return right;
}
