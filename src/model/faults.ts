import type { Problem } from '../problem.ts';
import type { Path } from './sources.ts';

/** A problem whose place is still a path within the value that was looked at. */
export interface Fault extends Pick<Problem, 'code' | 'message' | 'severity'> {
  readonly path: Path;
  readonly relatedPath?: Path;
}
