import { cutSecrets } from '../render/cut.ts';
import { compileTemplates, type Engine } from '../render/engine.ts';
import { messageOf, TemplateFailure } from '../render/failure.ts';
import { shownText } from '../render/shown.ts';
import {
  type PreviewedFile,
  type PreviewProblem,
  type SafeJob,
  type SandboxAnswer,
  type SandboxQuestion,
  withStandIns,
} from './messages.ts';

/** Bytes of all files together: a phone has some ten thousand. */
const most = 1 << 20;

/** Renders files, and says what is wrong with the templates. May take for ever: a template may loop. */
export function renderSafely({ templates, about, jobs }: SandboxQuestion): SandboxAnswer {
  const engine = compileTemplates(templates);
  const problems: PreviewProblem[] = engine
    .faults()
    .filter(({ template }) => template === about)
    .map((fault) => ({ ...fault }));
  const files: PreviewedFile[] = [];
  let size = 0;
  for (const job of problems.length > 0 ? [] : jobs) {
    const made = fileOf(engine, job);
    if ('message' in made) problems.push(made);
    else if (!job.optional || made.text.trim() !== '') {
      size += made.text.length;
      if (size > most) return { too: 'large' };
      files.push(made);
    }
  }
  return { files, problems };
}

function fileOf(engine: Engine, { paths, template, format, context }: SafeJob): PreviewedFile | PreviewProblem {
  try {
    const rendered = engine.render(template, format, Object(withStandIns(context)));
    return { name: paths[0] ?? template, template, text: shownText(cutSecrets(rendered, [])) };
  } catch (error) {
    if (!(error instanceof TemplateFailure)) return { template, message: messageOf(error) };
    const { template: where, line, column, message } = error;
    return { template: where, line, column, message };
  }
}
