/** What the system says of a file or folder that it does not give, in words; its code stands behind them. */
const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'this user is not allowed to',
  EPERM: 'this user is not allowed to',
  ENOTDIR: 'what stands above it is a file',
  EISDIR: 'a folder stands where a file is wanted',
  ENOTEMPTY: 'a folder stands where a file is wanted',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk has a fault',
};

/** `no space is left on the disk (ENOSPC, /site/out/x.cfg)`; other errors in their own words. */
export function explainDiskError(error: unknown): string {
  const { code = '', dest, path = dest, message } = error as NodeJS.ErrnoException & { dest?: string };
  const meaning = meanings[code];
  if (meaning === undefined) return message ?? String(error);
  return `${meaning} (${[code, path].filter((part) => part !== undefined).join(', ')})`;
}
