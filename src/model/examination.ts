import type { FetchFact } from './fact.ts';

/**
 * How `offhook doctor` marks what it asks for as a phone would: a header of HTTP, and an option of TFTP, which every server
 * passes over that does not know it (RFC 9110 section 5.1, RFC 2347). All else is as the phone asks. Anybody may set the
 * mark: it opens nothing, and takes nothing out of the log.
 */
export const examinationMark = 'x-offhook-doctor';

/** What the reason of such a fetch begins with. */
export const examinedWords = 'asked by offhook doctor';

/**
 * The fetch of an examination is no fetch of the phone's: whoever folds fetches into what is known of a device passes over
 * it. It stays one of the device's in the log, for who asks what its files were given to.
 */
export const examined = (fact: FetchFact): FetchFact => ({
  ...fact,
  revision: undefined,
  reason: fact.reason === undefined ? examinedWords : `${examinedWords}: ${fact.reason}`,
});

export const isExamined = ({ reason }: Pick<FetchFact, 'reason'>): boolean =>
  reason?.startsWith(examinedWords) ?? false;
