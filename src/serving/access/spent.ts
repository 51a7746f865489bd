import { hash } from 'node:crypto';
import type { Mac } from '../../model/mac.ts';

/**
 * What is remembered of a device whose own token was used: from then on its bootstrap token opens nothing. A new token is
 * another name. `token` is its hash.
 */
export const spentName = (mac: Mac, token: string): string =>
  `${mac} ${hash('sha256', `${mac} ${token}`).slice(0, 16)}`;
