import type { FetchFact } from './fact.ts';

/**
 * How `offhook doctor` marks what it asks for as a phone would: a header of HTTP, and an option of TFTP, which every server
 * passes over that does not know it (RFC 9110 section 5.1, RFC 2347). All else is as the phone asks. Anybody may set the
 * mark: it opens nothing, and takes nothing out of the log.
 */
export const examinationMark = 'x-offhook-doctor';

const words = 'asked by offhook doctor';

/**
 * The fetch of an examination is no fetch of the device's: it must not make it current, nor the examiner's address the one
 * that the phone is told to fetch at.
 */
export const examined = (fact: FetchFact): FetchFact => ({
  ...fact,
  device: undefined,
  revision: undefined,
  reason: fact.reason === undefined ? words : `${words}: ${fact.reason}`,
});

export const isExamined = ({ reason }: Pick<FetchFact, 'reason'>): boolean => reason?.startsWith(words) ?? false;
