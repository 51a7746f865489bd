/** By which way a NOTIFY goes: straight to the phone, through a SIP proxy, or by the PBX that the phone is registered with. */
export type NotifyRoute = 'direct' | 'proxy' | 'pbx';

/** What a layer says of the way; of two routes the next is tried when the one before did not reach the phone. */
export interface NotifyWay {
  readonly route?: readonly NotifyRoute[];
  readonly proxy?: { readonly server: string; readonly port?: number; readonly transport?: 'udp' | 'tcp' | 'tls' };
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** Times of day, `HH:MM`, on the clock of the device's zone; over midnight when `to` is not after `from`. */
export interface RawWindow {
  /** On which it begins; every day when absent. */
  readonly days?: readonly Weekday[];
  readonly from: string;
  readonly to: string;
}

/** Which phones run a change before the others get it. */
export type RawCanary =
  | 'off'
  | {
      /** MACs, extensions and groups. */
      readonly devices?: readonly string[];
      /** Of those whose bytes change. */
      readonly percent?: number;
      readonly wait?: string;
      readonly require?: 'fetched' | 'registered';
    };

/** What a layer says of how its devices are notified. Durations as `90s`, `10m`, `2h`, `1d`. */
export interface NotifyLayer extends NotifyWay {
  readonly pace?: { readonly per_address?: number; readonly per_group?: number };
  readonly window?: 'always' | RawWindow | readonly RawWindow[];
  readonly max_wait?: string;
  readonly retry?: readonly string[];
  readonly canary?: RawCanary;
}
