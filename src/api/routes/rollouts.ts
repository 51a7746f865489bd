import { formatMac } from '../../model/mac.ts';
import type { Trial } from '../../rollout/trial.ts';
import type { RolloutReport } from '../../state/rollout-report.ts';
import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import { decidedSchema, rolloutsSchema } from '../schemas/rollouts.ts';
import { answers } from '../schemas/shared.ts';

export interface RolloutsDeps {
  readonly rollouts: () => RolloutReport;
  /** `go`: all get it now; `stop`: canaries go back. Whom that meant; undefined when nobody took it up in time. */
  readonly decideRollouts: (word: 'go' | 'stop') => Promise<readonly Trial[] | undefined>;
}

const tags = ['rollouts'];

/** How changes go out: canaries, and who waits for what. */
export function rollouts(app: App, deps: RolloutsDeps): void {
  app.get(
    '/api/v1/rollouts',
    {
      config: { role: 'viewer' },
      schema: {
        ...{ summary: 'Changes that not everybody has yet', tags },
        response: answers({ 200: rolloutsSchema }),
      },
    },
    async () => {
      const { trials, waiting } = deps.rollouts();
      return { items: trials.map(viewOf), waiting: waitingIn(waiting) };
    },
  );
  const decide = (word: 'go' | 'stop', summary: string) =>
    app.post(
      `/api/v1/rollouts/${word}`,
      {
        config: { role: 'operator' },
        schema: { ...{ summary, tags }, response: answers({ 200: decidedSchema }, 409, 503) },
      },
      async (request) => {
        const meant = await deps.decideRollouts(word);
        if (meant === undefined)
          throw new Fault(503, 'not-taken', 'nobody took it up in time; nothing was done', {
            headers: { 'retry-after': '5' },
          });
        if (meant.length === 0) throw new Fault(409, 'no-rollout', 'there is no rollout that waits for its canaries');
        request.changed = { target: meant.map(({ cohort }) => cohort || '(all)').join(' '), after: { word } };
        return { done: word, devices: meant.reduce((sum, { held }) => sum + held, 0), items: meant.map(viewOf) };
      },
    );
  decide('go', 'All get the change now');
  decide('stop', 'Nobody else gets it, and the canaries go back');
}

const time = (at: number) => new Date(at).toISOString();

const viewOf = ({ cohort, began, until, canaries, held, require, stopped, released }: Trial) => ({
  group: cohort === '' ? null : cohort,
  state: stopped ? 'stopped' : released ? 'released' : 'proving',
  ...{ began: time(began), until: time(until), require, devices_held: held },
  canaries: canaries.map(({ mac, from, to, well }) => ({
    ...{ mac: formatMac(mac), from, to, well: well === undefined ? null : time(well) },
  })),
  ...{ stopped: stopped ? time(stopped.at) : null, reason: stopped?.reason ?? null },
});

const waitingIn = (waiting: RolloutReport['waiting']) =>
  Object.entries(waiting).flatMap(([word, found]) =>
    found ? [{ for: word, devices: found.devices, until: time(found.until) }] : [],
  );
