import { oldFirmware, otherModel } from './agents.ts';
import { bootLoop, twoAddresses } from './comings.ts';
import { missingFile } from './missing-file.ts';
import { nameSpelling } from './name-spelling.ts';
import { placeholder } from './placeholder.ts';
import { refused, unreadable } from './refusals.ts';
import type { Rule } from './rule.ts';
import { nearMac, unknownDevice } from './strangers.ts';
import { blockSize, cutOff } from './transfers.ts';

/** Everything that is looked for in the fetch log. */
export const rules: readonly Rule[] = [
  ...[placeholder, nameSpelling, nearMac, unknownDevice],
  ...[otherModel, missingFile, oldFirmware],
  ...[blockSize, cutOff, bootLoop, twoAddresses],
  ...[refused, unreadable],
];
