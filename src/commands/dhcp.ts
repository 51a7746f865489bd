import type { DhcpServer } from '../dhcp/servers.ts';
import { dhcpWords } from '../dhcp-words.ts';
import { createLoader } from '../load.ts';
import { isFatal } from '../problem.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { demandProject } from './place.ts';

export interface DhcpArguments extends Place {
  /** Absent: a table for people. */
  readonly server?: DhcpServer;
  /** Folders of vendors; those of the site's devices when there are none. */
  readonly vendors: readonly string[];
  /** The bootstrap token stands in the options; else a word in its place, and they cannot be used. */
  readonly showTokens: boolean;
  /** Of the table; what is for a server has its own form. */
  readonly format?: 'text' | 'json';
}

/** Prints what a DHCP server says to the phones of the site. 0; 1 when devices.yml has faults. */
export async function dhcp(
  { dir, shipped, ageIdentity, server, vendors, showTokens, format = 'text' }: DhcpArguments,
  console: Console,
): Promise<number> {
  const isJson = format === 'json';
  if (isJson && server !== undefined)
    throw new Error(`--format json is for the table; wanted \`dhcp ${server}\`, or \`dhcp --format json\``);
  demandProject({ dir }, { withFile: true });
  const secrets = showTokens ? {} : { secrets: { placeholders: true } as const };
  const { site, problems } = await createLoader({ dir, shipped, ageIdentity, ...secrets }).load();
  if (problems.some(isFatal)) {
    console.err(`${formatProblems(problems, 'text')}${countProblems(problems)}\n`);
    return 1;
  }
  const { text, notes } = dhcpWords(site, { server, vendors, showTokens, isJson });
  // In JSON they stand among the rest.
  if (!isJson) for (const note of notes) console.err(`${note}\n`);
  console.out(text);
  return 0;
}
