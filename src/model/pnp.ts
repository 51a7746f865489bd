/** Where phones fresh from their box are listened for (`pnp:`). */
export interface PnpSettings {
  /** Names or IPv4 addresses of interfaces; all but the loopback when absent. */
  readonly interfaces?: readonly string[];
  readonly port: number;
}

/** As devices.yml has it. */
export type RawPnp = 'on' | 'off' | { readonly interfaces?: readonly string[]; readonly port?: number };

/** Undefined: nobody is listened for. */
export function resolvePnp(raw: RawPnp = 'off'): PnpSettings | undefined {
  if (raw === 'off') return undefined;
  return Object.freeze({ port: 5060, ...(raw === 'on' ? {} : raw) });
}
