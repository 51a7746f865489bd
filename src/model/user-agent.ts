import { type Mac, parseMac } from './mac.ts';
import type { Vendor } from './vendor.ts';

/** What a device says of itself when it asks for a file; each may be absent. */
export interface Agent {
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly mac?: Mac;
}

/** Longer than any phone's; what is longer is cut before a pattern sees it. */
const longest = 256;

/** A user agent as the journal keeps it: 256 characters at most, control characters as blanks. */
export function cutUserAgent(text: string): string {
  return text
    .slice(0, longest)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
}

/**
 * Who a user agent says it is, by the vendors' own patterns (their groups `model`, `firmware`, `mac`); the first that
 * matches counts. Anybody can claim anything in a user agent: it is fit for the journal, not for deciding who may fetch.
 */
export function identify(userAgent: string, vendors: Iterable<Pick<Vendor, 'id' | 'user_agents'>>): Agent {
  const text = cutUserAgent(userAgent);
  for (const { id, user_agents } of vendors) {
    for (const pattern of user_agents) {
      const match = text.match(pattern);
      if (match !== null) return agentOf(id, match.groups ?? {});
    }
  }
  return {};
}

function agentOf(vendor: string, groups: Partial<Record<string, string>>): Agent {
  const { model, firmware, mac } = groups;
  return { vendor, model: model || undefined, firmware: firmware || undefined, mac: mac ? parseMac(mac) : undefined };
}
