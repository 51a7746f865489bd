import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { type Project, renameOver, writeLikeVim } from '../test/support/project.ts';

const main = 'devices.yml';
const template = 'templates/acme/mac.cfg.njk';

/** The ways in which editors and tools save a file; which one it is must not matter. */
const ways: readonly ((project: Project, name: string, text: string) => void)[] = [
  (project, name, text) => project.write(name, text),
  renameOver,
  writeLikeVim,
];

export function save(project: Project, name: string, text: string, turn: number): void {
  // What is gone cannot be renamed.
  if (existsSync(project.path(name))) ways[turn % ways.length]!(project, name, text);
  else project.write(name, text);
}

/** What makes a site a broken one: each gets the text of a good devices.yml, of the generation that comes next. */
const breaks: readonly ((project: Project, text: string, turn: number) => void)[] = [
  (project, text, turn) => save(project, main, text.replace('name: ', 'name: ['), turn),
  (project, text, turn) => save(project, main, text.replace('server: {', 'server: { adress: 192.0.2.1,'), turn),
  (project, text, turn) => save(project, main, text.replaceAll('model: a1', 'model: a9'), turn),
  // In the middle of a line, as a write that was cut off leaves it.
  (project, text) => writeFileSync(project.path(main), text.slice(0, text.lastIndexOf('extension:') + 4)),
  (project) => writeFileSync(project.path(main), ''),
  (project, text, turn) => save(project, main, `${text}\0`, turn),
  function removed(project) {
    renameSync(project.path(main), project.path(`${main}.gone`));
  },
  function template_(project, _text, turn) {
    save(project, template, project.read(template).replaceAll('{% endfor %}', '{% endfro %}'), turn);
  },
];

/** Breaks the project in one of many ways. */
export function breakSite(project: Project, text: string, turn: number): void {
  breaks[turn % breaks.length]!(project, text, turn);
}

/** Makes it good again, of the generation that the text is of. */
export function mendSite(project: Project, text: string, turn: number): void {
  const broken = project.read(template);
  const whole = broken.replaceAll('{% endfro %}', '{% endfor %}');
  if (whole !== broken) save(project, template, whole, turn);
  save(project, main, text, turn);
}
