import { Secret } from '../model/secret.ts';
import type { Cut } from './cut.ts';

const dots = String(new Secret(''));

/** The text of a file for people: each secret as dots; nothing in it steers a terminal. */
export function shownText({ text, gaps }: Cut): string {
  let shown = '';
  let read = 0;
  for (const { at } of gaps) {
    shown += text.toString('utf8', read, at) + dots;
    read = at;
  }
  return (shown + text.toString('utf8', read)).replace(/[\p{Cc}--[\n\t\r]]/gv, '\ufffd');
}
