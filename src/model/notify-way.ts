/** By which way a NOTIFY goes: straight to the phone, through a SIP proxy, or by the PBX that the phone is registered with. */
export type NotifyRoute = 'direct' | 'proxy' | 'pbx';

/** What a layer says of the way; of two routes the next is tried when the one before did not reach the phone. */
export interface NotifyWay {
  readonly route?: readonly NotifyRoute[];
  readonly proxy?: { readonly server: string; readonly port?: number; readonly transport?: 'udp' | 'tcp' | 'tls' };
}
