import { isExamined } from '../model/examination.ts';
import type { FetchFact } from '../model/fact.ts';
import { type Finding, finding } from './finding.ts';
import type { Known, Rule } from './rule.ts';

/** Looks for findings in fetches, told in the order of time. */
export interface Fold {
  add(fact: FetchFact): void;
  /** The same, and what is found by now and has to do with this fetch. */
  explain(fact: FetchFact): Finding[];
  /** All that was found. */
  all(): Finding[];
}

interface Group {
  kept: unknown;
  count: number;
  at: number;
}

/** Groups that are kept of each rule: paths and addresses are whoever's asks. */
const mostGroups = 50_000;

export function createFold(rules: readonly Rule[], known: Known): Fold {
  const folds = rules.map((rule) => ({ rule, groups: new Map<string, Group>() }));

  function look(rule: Rule, { kept, count, at }: Group): Finding[] {
    const seen = rule.look(kept, known);
    return seen ? [finding({ id: rule.id, severity: rule.severity, at, count, ...seen })] : [];
  }

  /** The groups that a fetch belongs to, each with its rule. */
  function tell(fact: FetchFact): (readonly [Rule, Group])[] {
    if (isExamined(fact)) return [];
    return folds.flatMap(({ rule, groups }) => {
      const key = rule.group(fact, known);
      if (key === undefined || (groups.size >= mostGroups && !groups.has(key))) return [];
      const group = groups.get(key) ?? { kept: rule.begin(), count: 0, at: fact.at };
      group.kept = rule.add(group.kept, fact);
      group.count++;
      group.at = fact.at;
      groups.set(key, group);
      return [[rule, group] as const];
    });
  }

  return {
    add: (fact) => void tell(fact),
    explain: (fact) => tell(fact).flatMap(([rule, group]) => look(rule, group)),
    all: () => folds.flatMap(({ rule, groups }) => [...groups.values()].flatMap((group) => look(rule, group))),
  };
}
