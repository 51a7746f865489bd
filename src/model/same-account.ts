import { otherPlace, type Place, type Problem } from '../problem.ts';
import { comparableAccount } from './ldap-text.ts';
import type { Path, RawSettings, SourceFile } from './sources.ts';

/**
 * The account of the sync, told to phones: whoever has a phone in his hands would have what it may read. Compared are
 * the accounts as they are written, however a DN is spelt.
 */
export function sameAccounts(files: readonly SourceFile[]): Problem[] {
  const ofSync = syncAccounts(files);
  if (ofSync.size === 0) return [];
  return files.flatMap((file) =>
    [...layersOf(file)].flatMap(([path, { directory }]): Problem[] => {
      const ldap = directory === 'off' ? undefined : directory?.ldap;
      const user = ldap === 'off' ? undefined : ldap?.user;
      const other = user === undefined ? undefined : ofSync.get(comparableAccount(user));
      if (other === undefined) return [];
      const place = file.locate([...path, 'directory', 'ldap', 'user']);
      const message = `phones would be told the account that \`people\` is read with (the other: ${otherPlace(other, place)}); wanted an account of their own, which may read names and numbers and nothing else`;
      return [{ ...place, code: 'directory', severity: 'error', message, related: [other] }];
    }),
  );
}

function syncAccounts(files: readonly SourceFile[]): Map<string, Place> {
  const accounts = new Map<string, Place>();
  for (const file of files)
    for (const [index, source] of (file.content.people ?? []).entries()) {
      const account = source && 'ldap' in source ? source.ldap.bind_dn : undefined;
      if (account === undefined) continue;
      accounts.set(comparableAccount(account), file.locate(['people', index, 'ldap', 'bind_dn']));
    }
  return accounts;
}

/** Every layer that a file writes, and where it stands. */
function* layersOf({ content }: SourceFile): Generator<readonly [Path, RawSettings]> {
  const { defaults, models = {}, groups = {}, devices = [] } = content;
  if (defaults) yield [['defaults'], defaults];
  for (const [name, settings] of Object.entries(models)) yield [['models', name], settings];
  for (const [name, settings] of Object.entries(groups)) yield [['groups', name], settings];
  for (const [index, device] of devices.entries()) if (device?.directory) yield [['devices', index], device];
}
