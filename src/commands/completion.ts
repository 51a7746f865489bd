import type { Console, Place } from './command.ts';
import { type Kind, offered } from './offered.ts';
import { bashScript } from './shells/bash.ts';
import { fishScript } from './shells/fish.ts';
import { zshScript } from './shells/zsh.ts';

export interface CompletionArguments extends Place {
  readonly what: keyof typeof scripts | Kind;
  readonly like: string;
}

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Prints what a shell reads, or the words that it then offers. 0. */
export async function completion({ what, like, ...place }: CompletionArguments, console: Console): Promise<number> {
  if (what === 'bash' || what === 'zsh' || what === 'fish') console.out(scripts[what]());
  else console.out(await offered({ what, like, ...place }));
  return 0;
}
