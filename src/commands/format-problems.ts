import { formatPlace, isFatal, type Problem, problemCodes, visible } from '../problem.ts';

export const problemFormats = ['text', 'json', 'github', 'sarif'] as const;
export type ProblemFormat = (typeof problemFormats)[number];

/** All problems in a form for people or for a machine, ending with a line break unless it is empty. */
export function formatProblems(problems: readonly Problem[], format: ProblemFormat): string {
  if (format === 'json') return `${JSON.stringify({ problems }, null, 2)}\n`;
  if (format === 'sarif') return `${JSON.stringify(sarif(problems), null, 2)}\n`;
  return problems.map((problem) => `${format === 'github' ? githubLine(problem) : textLine(problem)}\n`).join('');
}

/** `2 faults, 1 warning`. */
export function countProblems(problems: readonly Problem[]): string {
  const faults = problems.filter(isFatal).length;
  const warnings = problems.length - faults;
  const some = (count: number, word: string) => (count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`]);
  return [...some(faults, 'fault'), ...some(warnings, 'warning')].join(', ') || 'no faults';
}

/** One problem is one line, whatever the names in it. */
function textLine(problem: Problem): string {
  return visible(`${formatPlace(problem)} ${isFatal(problem) ? '' : 'warning: '}${problem.message}`);
}

/** GitHub's workflow command: https://docs.github.com/actions/reference/workflow-commands-for-github-actions. */
function githubLine(problem: Problem): string {
  const { file, line, column, code, message } = problem;
  const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const properties = { file, line, col: column, title: code };
  const written = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${property(String(value))}`);
  return `::${isFatal(problem) ? 'error' : 'warning'} ${written.join(',')}::${data(message)}`;
}

/** SARIF 2.1.0, for code scanning. */
function sarif(problems: readonly Problem[]): object {
  const rules = Object.entries(problemCodes).map(([id, text]) => ({ id, shortDescription: { text } }));
  const results = problems.map(({ code, severity, message, related, ...place }) => ({
    ruleId: code,
    level: severity,
    message: { text: message },
    locations: [sarifLocation(place)],
    relatedLocations: related?.map(sarifLocation),
  }));
  const driver = { name: 'offhook', informationUri: 'https://www.npmjs.com/package/offhook', rules };
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, results }],
  };
}

function sarifLocation({ file, line, column }: { file: string; line?: number; column?: number }): object {
  const region = line === undefined ? undefined : { startLine: line, startColumn: column };
  return { physicalLocation: { artifactLocation: { uri: encodeURI(file) }, region } };
}
