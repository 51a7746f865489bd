import { expect, test } from 'vitest';
import { compileTemplates } from '../../src/render/engine.ts';
import { absorbStandaloneTags } from '../../src/render/standalone-tags.ts';

const render = (template: string) =>
  compileTemplates(new Map([['a', template]]))
    .render('a', 'cfg', { on: true, list: [1, 2] })
    .bytes.toString();

test('a line of nothing but tags leaves no trace', () => {
  expect(render('a\n  {% if on %}  \nb\n\t{% endif %}{# why #}\nc\n')).toBe('a\nb\nc\n');
  expect(render('{% for x in list %} {% if on %}\nk.{{ x }}\n{% endif %} {% endfor %}\n')).toBe('k.1\nk.2\n');
  expect(render('a\r\n{% if on %}\r\nb\r\n{% endif %}')).toBe('a\nb\n');
});

test('a tag over several lines, or at the end of the file, leaves none either', () => {
  expect(render('{% set x = [\n  1,\n  2\n] %}\n{# one\n   two #}\n{{ x | length }}\n{%- if on -%}\n{% endif %}')).toBe(
    '2',
  );
});

test('a line with tags and text keeps its line break, so that two settings never become one', () => {
  expect(render('a = {% if on %}1{% else %}0{% endif %}\nb = 2\n')).toBe('a = 1\nb = 2\n');
  expect(render('{% if on %}a = 1{% endif %}\nb\n')).toBe('a = 1\nb\n');
});

test('lines and columns stay where they were', () => {
  const source = 'a\n    {% if x %}\n  {# c #}  {% y %}  \nb';
  const absorbed = absorbStandaloneTags(source);
  expect(absorbed.split('\n')).toHaveLength(source.split('\n').length);
  expect(absorbed.replace(/\s/g, '')).toBe(source.replace(/\s/g, ''));
});
