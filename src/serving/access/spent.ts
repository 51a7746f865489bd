import { hash } from 'node:crypto';
import type { Mac } from '../../model/mac.ts';

/**
 * What is remembered of a device whose own token was used: from then on its bootstrap token opens nothing. A new token is
 * another name. The token is long and random (at least 16 characters): it cannot be found again from 16 digits of a hash.
 */
export const spentName = (mac: Mac, token: string): string =>
  `${mac} ${hash('sha256', `${mac} ${token}`).slice(0, 16)}`;
