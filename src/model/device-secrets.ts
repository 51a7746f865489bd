import type { Device } from './device.ts';
import { Secret } from './secret.ts';

/**
 * The secrets of a device by a name that stays the same while the secret itself changes: `password of 1001`,
 * `admin_password`, `access.token`, `parameters.P2`. Empty ones are none.
 */
export function secretsOf({ lines, settings }: Pick<Device, 'lines' | 'settings'>): Map<string, Secret> {
  const found = new Map<string, Secret>();
  const add = (name: string, secret: Secret) => {
    if (!secret.isEmpty) found.set(name, secret);
  };
  for (const { extension, password } of lines) add(`password of ${extension}`, password);
  gather(settings, '', add);
  return found;
}

function gather(value: object, path: string, add: (name: string, secret: Secret) => void): void {
  for (const [key, one] of Object.entries(value)) {
    const name = path === '' ? key : `${path}.${key}`;
    if (one instanceof Secret) add(name, one);
    else if (typeof one === 'object' && one !== null) gather(one, name, add);
  }
}
