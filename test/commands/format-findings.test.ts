import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findingsFormats, formatFindings } from '../../src/commands/format-findings.ts';
import { finding, worstFirst } from '../../src/findings/finding.ts';
import { type FindingId, kinds, severities } from '../../src/findings/kinds.ts';
import type { Mac } from '../../src/model/mac.ts';

const away = (seen: string, fix = 'look') => finding({ id: 'registry', severity: 'warning', seen, fix });

describe('findings', () => {
  test('are listed worst first, by kind, with what to do once where it is the same', () => {
    const found = [
      finding({ id: 'never-asked', severity: 'note', device: '001565123456' as Mac, seen: 'never', fix: 'wait' }),
      away('one is away'),
      away('two is away'),
      finding({ id: 'clock', severity: 'error', seen: 'it is 1970', fix: 'set it', at: 0, count: 3 }),
    ];
    expect(formatFindings(worstFirst(found), 'text')).toBe(
      [
        `error clock: ${kinds.clock}`,
        '  it is 1970, 3 times, last 1970-01-01T00:00:00.000Z',
        '  -> set it',
        '',
        `warning registry: ${kinds.registry}`,
        '  one is away',
        '  two is away',
        '  -> look',
        '',
        `note never-asked: ${kinds['never-asked']}`,
        '  00:15:65:12:34:56: never',
        '  -> wait',
        '',
        '3 findings for a person, 1 note',
        '',
      ].join('\n'),
    );
    expect(formatFindings([away('one', 'this'), away('two', 'that')], 'text')).toContain(
      '  one\n    -> this\n  two\n    -> that\n',
    );
  });

  test('of many of a kind some are listed, and JSON has all', () => {
    const many = Array.from({ length: 25 }, (_, index) => away(`number ${index}`));
    expect(formatFindings(many, 'text')).toContain('  and 15 more: offhook doctor --format json\n');
    expect(JSON.parse(formatFindings(many, 'json'))).toMatchObject({ counts: { warning: 25 }, findings: many });
    expect(formatFindings([], 'text')).toBe('nothing was found\n');
  });

  test('hold nothing that steers a terminal', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const made = fc.record({
      id: fc.constantFrom(...(Object.keys(kinds) as FindingId[])),
      severity: fc.constantFrom(...severities),
      ...{ seen: text, fix: text, address: text },
    });
    fc.assert(
      fc.property(fc.array(made), fc.constantFrom(...findingsFormats), (all, format) => {
        const out = formatFindings(all.map(finding), format);
        expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
