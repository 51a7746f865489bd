import type { RegistrySource } from '../model/registry-source.ts';
import { createAsterisk } from './asterisk/asterisk.ts';
import { createFreeswitch } from './freeswitch/freeswitch.ts';
import { createKamailio } from './kamailio/kamailio.ts';
import type { Intake, Source } from './source.ts';

/** The source that an entry of `registry:` describes, not yet started. */
export function openSource(settings: RegistrySource, intake: Intake): Source {
  const { name, tls } = settings;
  const every = settings.every * 1_000;
  if (settings.kind === 'kamailio') return createKamailio({ ...settings, name, tls, every }, intake);
  const peer = { host: settings.host, port: settings.port, tls };
  if (settings.kind === 'freeswitch') return createFreeswitch({ ...settings, peer, every }, intake);
  return createAsterisk({ ...settings, name, peer, every }, intake);
}
