import { isSecretKey } from './password-name.ts';
import { Secret } from './secret.ts';

/**
 * A value of a file of the project with its passwords as dots, by the names of their keys. Where a password is kept (`env`,
 * `file`) is no secret.
 */
export function masked(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, key));
  if (typeof value === 'object' && value !== null && !(value instanceof Secret))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner, maskKey(name, key))]));
  if (key === 'age') return '…';
  const isWord = value === 'off' || value === 'on';
  return isSecretKey(key) && !isWord && value !== undefined ? String(new Secret('')) : value;
}

/** What stands in a place for a password is named by the place, unless it says where the password is. */
const maskKey = (name: string, key: string): string =>
  isSecretKey(key) && name !== 'env' && name !== 'file' && name !== 'age' ? key : name;
