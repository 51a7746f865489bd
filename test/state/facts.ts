import type { BuildFact, FetchFact, NotifyFact } from '../../src/model/fact.ts';
import type { Mac } from '../../src/model/mac.ts';

export const ada = '001565123456' as Mac;
export const bob = '0004f2abcdef' as Mac;

export const fetchOf = (fact: Partial<FetchFact> = {}): FetchFact => ({
  at: 1000,
  protocol: 'http',
  address: '127.0.0.2',
  method: 'GET',
  path: '/001565123456.cfg',
  status: 200,
  bytes: 8192,
  complete: true,
  duration: 1.5,
  ...fact,
});

export const fullFetch: FetchFact = fetchOf({
  file: '001565123456.cfg',
  device: ada,
  user_agent: 'Phone T1 66.86.0.15',
  model: 'T1',
  firmware: '66.86.0.15',
  revision: 'r1',
  reason: 'cut off after 3 blocks',
  refusal: 'network',
  retransmits: 3,
  timeouts: 2,
  complete: false,
});

export const notifyOf = (fact: Partial<NotifyFact> = {}): NotifyFact => ({
  at: 1000,
  device: ada,
  event: 'check-sync;reboot=false',
  outcome: 'answered',
  status: 200,
  cause: 'change',
  ...fact,
});

export const buildOf = (fact: Partial<BuildFact> = {}): BuildFact => ({
  at: 1000,
  accepted: true,
  devices: 2,
  files: 9,
  changed: 3,
  removed: 0,
  problems: 0,
  duration: 12.25,
  ...fact,
});
