/** What a scenario came to. */
export interface Outcome {
  /** What it shows, and what did not hold when there are violations. */
  readonly sentence: string;
  /** What was done and seen, in figures that can be added up. */
  readonly figures: Figures;
  /** What must not happen, and did. */
  readonly violations: readonly string[];
  /** Why it could not be done here. */
  readonly skipped?: string;
}

export type Figures = Readonly<Record<string, number>>;

/** Gathers what must not happen; a thousand of one kind are told as ten and a number. */
export interface Findings {
  violate(what: string): void;
  outcome(sentence: string, figures: Figures): Outcome;
}

const most = 10;

export function createFindings(): Findings {
  const found: string[] = [];
  let more = 0;
  return {
    violate(what) {
      if (found.length < most) found.push(what);
      else more++;
    },
    outcome: (sentence, figures) => ({
      sentence,
      figures,
      violations: more > 0 ? [...found, `and ${more} more`] : found,
    }),
  };
}

/** What several runs of one scenario came to together: figures are added up. */
export function together(outcomes: readonly Outcome[]): Outcome[] {
  return [...Map.groupBy(outcomes, ({ sentence }) => sentence)].map(([sentence, runs]) => {
    const figures: Record<string, number> = {};
    for (const run of runs)
      for (const [what, count] of Object.entries(run.figures)) figures[what] = (figures[what] ?? 0) + count;
    const skipped = runs.find((run) => run.skipped !== undefined)?.skipped;
    return { sentence, figures, violations: runs.flatMap(({ violations }) => violations), skipped };
  });
}
