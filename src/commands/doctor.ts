import { examine } from '../examination/examine.ts';
import { needsPerson } from '../findings/finding.ts';
import type { Console, Place } from './command.ts';
import { type FindingsFormat, formatFindings } from './format-findings.ts';
import { demandProject } from './place.ts';
import { devicesOf } from './targets.ts';

export interface DoctorArguments extends Place {
  /** MAC, extension or group. */
  readonly device?: string;
  /** A server elsewhere. */
  readonly host?: string;
  readonly format: FindingsFormat;
}

/** Looks at everything that keeps phones from their files, and says what to do, worst first. 0 when nobody is needed, else 1. */
export async function doctor(
  { device, host, format, dir, shipped, ageIdentity, ...folders }: DoctorArguments,
  console: Console,
): Promise<number> {
  demandProject({ dir }, { withFile: true });
  const findings = await examine({
    ...folders,
    ...{ project: { dir, shipped, ageIdentity }, host, now: Date.now() },
    choose: device === undefined ? undefined : ({ site }) => devicesOf(site, device),
  });
  console.out(formatFindings(findings, format));
  return findings.some(needsPerson) ? 1 : 0;
}
