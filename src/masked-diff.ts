import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { Secret } from './model/secret.ts';
import type { Content, FileChange } from './preview.ts';

const dots = String(new Secret(''));
// Two control characters that no file holds: the renderer refuses them in every value.
const open = '\u0001';
const close = '\u0002';
const marked = new RegExp(`${open}\\d+${close}`, 'g');

/**
 * A unified diff in which every secret is a row of dots. A secret that changed shows as a removed and an added line that
 * look alike. What must not be shown is not.
 */
export function maskedDiff({ path, kind, before, after }: Omit<FileChange, 'audience' | 'reboot'>): string {
  if (kind !== 'added' && !before)
    return `--- ${path}\n+++ ${path}\n(what stands there is not what offhook wrote, and may hold secrets: not shown)\n`;
  const secrets = new Map<string, number>();
  const from = mark(before, secrets);
  const to = mark(after, secrets);
  const names = [kind === 'added' ? '/dev/null' : path, kind === 'removed' ? '/dev/null' : path] as const;
  const patch = createTwoFilesPatch(...names, from, to, undefined, undefined, {
    context: 2,
    headerOptions: FILE_HEADERS_ONLY,
  });
  return patch.replace(marked, dots).replace(/[\p{Cc}--[\n\t]]/gv, '\ufffd');
}

/** The text with each secret as its number: equal secrets are equal, and nothing of them is left. */
function mark(content: Content | undefined, numbers: Map<string, number>): string {
  if (!content) return '';
  const { bytes, secrets } = content;
  let text = '';
  let at = 0;
  for (const { start, end } of secrets) {
    const secret = bytes.toString('utf8', start, end);
    const number = numbers.get(secret) ?? numbers.size;
    numbers.set(secret, number);
    text += `${bytes.toString('utf8', at, start)}${open}${number}${close}`;
    at = end;
  }
  return text + bytes.toString('utf8', at);
}
