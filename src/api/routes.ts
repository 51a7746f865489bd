import type { App } from './app.ts';
import { type DevicesDeps, devices } from './routes/devices.ts';
import { eventSocket } from './routes/event-socket.ts';
import { type EventsDeps, events } from './routes/events.ts';
import { type StatusDeps, status } from './routes/status.ts';
import { type WebhookDeps, webhook } from './routes/webhook.ts';

/** Everything that routes are handed; each takes what it names, and the same name is the same thing for all. */
export interface Offered extends StatusDeps, DevicesDeps, EventsDeps, WebhookDeps {}

/** Every file of `routes/`, each with the paths of one noun: it takes what it is handed, and says of each path who may call it. */
export const routes: readonly ((app: App, offered: Offered) => void)[] = [
  status,
  devices,
  events,
  eventSocket,
  webhook,
];
