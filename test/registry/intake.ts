import type { Registration } from '../../src/registry/registration.ts';
import type { Intake, SourceState } from '../../src/registry/source.ts';
import { createView, type View } from '../../src/registry/view.ts';
import { until } from '../support/until.ts';

/** A view that is filled by one source, and the changes of its state. */
export interface RecordedIntake extends Intake {
  readonly view: View;
  readonly states: SourceState[];
  all(): Registration[];
}

export function recordedIntake(source: string): RecordedIntake {
  const view = createView();
  const states: SourceState[] = [];
  return {
    ...{ view, states },
    snapshot: (registrations) => view.snapshot(source, registrations),
    put: view.put,
    drop: (extension, contact) => view.drop(source, extension, contact),
    busy: (extension, isBusy) => view.busy(source, extension, isBusy),
    changed: (state) => void states.push(state),
    all: () => [...view.all()],
  };
}

/** Waits until so many are registered, and gives them. */
export const found = ({ all }: Pick<RecordedIntake, 'all'>, count = 1): Promise<Registration[]> =>
  until(
    () => `${count} registrations, not ${JSON.stringify(all())}`,
    () => all().length === count && all(),
  );
