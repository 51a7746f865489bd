import type { Registration } from '../../src/registry/registration.ts';
import type { Intake, SourceState } from '../../src/registry/source.ts';
import { createView, type View } from '../../src/registry/view.ts';

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
