import type { App } from './app.ts';
import { type DeviceFilesDeps, deviceFiles } from './routes/device-files.ts';
import { type DevicesDeps, devices } from './routes/devices.ts';
import { type DhcpDeps, dhcp } from './routes/dhcp.ts';
import { eventSocket } from './routes/event-socket.ts';
import { type EventsDeps, events } from './routes/events.ts';
import { type ExtensionsDeps, extensions } from './routes/extensions.ts';
import { type FindingsDeps, findings } from './routes/findings.ts';
import { models } from './routes/models.ts';
import { type PhoneLookupDeps, phoneLookup } from './routes/phone-lookup.ts';
import { type PinsDeps, pins } from './routes/pins.ts';
import { type PreviewDeps, preview } from './routes/preview.ts';
import { type ProvisionedDeps, provisioned } from './routes/provisioned.ts';
import { type EditDeps, provisioningEdit } from './routes/provisioning-edit.ts';
import { type RebootsDeps, reboots } from './routes/reboots.ts';
import { type RecordsDeps, records } from './routes/records.ts';
import { type RegisteredPhonesDeps, registeredPhones } from './routes/registered-phones.ts';
import { type RegistrationsDeps, registrations } from './routes/registrations.ts';
import { type RolloutsDeps, rollouts } from './routes/rollouts.ts';
import { type StatusDeps, status } from './routes/status.ts';
import { type SyncDeps, sync } from './routes/sync.ts';
import { type UnknownDeps, unknown } from './routes/unknown.ts';
import { type V1EditDeps, v1Edit } from './routes/v1-edit.ts';
import { type PlanDeps, v1Plan } from './routes/v1-plan.ts';
import { type WebhookDeps, webhook } from './routes/webhook.ts';

/** Everything that routes are handed; each takes what it names, and the same name is the same thing for all. */
export interface Offered
  extends StatusDeps,
    ExtensionsDeps,
    ProvisionedDeps,
    RegisteredPhonesDeps,
    PhoneLookupDeps,
    RebootsDeps,
    DevicesDeps,
    EditDeps,
    V1EditDeps,
    PlanDeps,
    RecordsDeps,
    SyncDeps,
    DeviceFilesDeps,
    UnknownDeps,
    FindingsDeps,
    RegistrationsDeps,
    PinsDeps,
    RolloutsDeps,
    PreviewDeps,
    DhcpDeps,
    EventsDeps,
    WebhookDeps {}

/** Every file of `routes/`, each with the paths of one noun: it takes what it is handed, and says of each path who may call it. */
export const routes: readonly ((app: App, offered: Offered) => void)[] = [
  ...[status, extensions, provisioned, registeredPhones, phoneLookup, reboots],
  ...[devices, deviceFiles, records, models, sync, unknown, findings, registrations],
  ...[pins, rollouts, preview, dhcp],
  ...[provisioningEdit, v1Edit, v1Plan],
  ...[events, eventSocket, webhook],
];
