import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Beside devices.yml: for whom passwords are encrypted, one a line, as `age -R` has it. Nothing in it is secret. */
export const recipientsFile = '.age-recipients';

/**
 * For whom to encrypt: those that are named, each a recipient or a file of them, else those of the project's file.
 * @throws Error with a sentence when there is nobody
 */
export function readRecipients(dir: string, to: readonly string[]): readonly string[] {
  const path = join(dir, recipientsFile);
  const lines =
    to.length > 0 ? to.flatMap((word) => (word.startsWith('age1') ? [word] : linesOf(word))) : linesOf(path);
  const recipients = [...new Set(lines)];
  if (recipients.length > 0) return recipients;
  throw new Error(
    `there is nobody to encrypt for; wanted --to age1…, or ${recipientsFile} beside devices.yml (\`offhook secret keygen\` writes it)`,
  );
}

/** None, when there is no file. @throws Error with a sentence when it cannot be read */
function linesOf(path: string): string[] {
  const text = readText(path);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' && path.endsWith(recipientsFile)) return '';
    const reason = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw new Error(`${path} ${reason}; wanted a recipient (age1…), or a file of them`, { cause: error });
  }
}
