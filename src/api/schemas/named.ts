import type { App } from '../app.ts';
import { deviceSummarySchema } from './devices.ts';
import { oneProvisionedSchema, requestSchema } from './provisioned.ts';
import { onePhoneSchema, onePhoneWithMacSchema } from './registered.ts';

/** Schemas that others refer to by their names. */
const named = [deviceSummarySchema, oneProvisionedSchema, requestSchema, onePhoneSchema, onePhoneWithMacSchema];

export function addNamed(app: App): void {
  for (const schema of named) app.addSchema(schema);
}
