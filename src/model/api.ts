/** What a caller of the API may do; each may do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Whether a role is enough for what wants another. */
export const isEnough = (role: Role, wanted: Role): boolean => roles.indexOf(role) >= roles.indexOf(wanted);

/** What `api:` of devices.yml says, with its defaults. */
export interface ApiSettings {
  /** A port of its own; that of the phones when absent. */
  readonly listen?: { readonly host: string; readonly port: number };
}
