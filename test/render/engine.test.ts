import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type { Format } from '../../src/model/vendor.ts';
import { compileTemplates } from '../../src/render/engine.ts';
import { TemplateFailure, type TemplateFault } from '../../src/render/failure.ts';

const engineOf = (templates: Record<string, string>) => compileTemplates(new Map(Object.entries(templates)));

const render = (template: string, context: object = {}, format: Format = 'cfg') =>
  engineOf({ 'v/a.njk': template }).render('v/a.njk', format, context).bytes.toString();

function failureOf(work: () => unknown): TemplateFault {
  try {
    work();
  } catch (error) {
    if (error instanceof TemplateFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a hostile value', () => {
  test('cannot end its line in a cfg file', () => {
    for (const value of ['x\naccount.1.password = y', 'x\ry', 'x\u2028y', 'x\0y', 'x\u0085y', 'x\u0001y', 'a\tb']) {
      const failure = failureOf(() => render('a = 1\nlabel = {{ name }}\n', { name: value }));
      expect(failure).toMatchObject({ template: 'v/a.njk', line: 2, column: 9 });
      expect(failure.message).not.toContain('password');
    }
  });

  test('cannot end its attribute or element in an XML file', () => {
    const name = `&<>"'\t]]>`;
    expect(render('<a b="{{ name }}">{{ name }}</a>', { name }, 'xml')).toBe(
      '<a b="&amp;&lt;&gt;&quot;&#39;&#9;]]&gt;">&amp;&lt;&gt;&quot;&#39;&#9;]]&gt;</a>',
    );
    expect(failureOf(() => render('{{ name }}', { name: 'a\nb' }, 'xml')).message).toContain('a line break');
    expect(failureOf(() => render('{{ name }}', { name: 'a\u0008b' }, 'xml')).message).toContain('U+0008');
  });

  test('is not a template', () => {
    expect(render('{{ name }}', { name: '{{ 7*7 }}{% for %}$(x)%s#' })).toBe('{{ 7*7 }}{% for %}$(x)%s#');
  });

  test('stays one value whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const refusedOrOneLine = (() => {
          try {
            return render('{{ name }}', { name }).split(/[\n\r\u2028\u2029]/).length === 1;
          } catch (error) {
            return error instanceof TemplateFailure;
          }
        })();
        expect(refusedOrOneLine).toBe(true);
      }),
    );
  });

  test('is escaped inside a macro, an include and a captured block too', () => {
    const engine = engineOf({
      'm.njk': '{% macro attribute(x) %}a="{{ x }}"{% endmacro %}',
      'i.njk': '<i>{{ name }}</i>',
      'a.njk': '{% import "m.njk" as m %}<a {{ m.attribute(name) }}>{% include "i.njk" %}</a>',
    });
    expect(engine.render('a.njk', 'xml', { name: '"<' }).bytes.toString()).toBe(
      '<a a="&quot;&lt;"><i>&quot;&lt;</i></a>',
    );
  });

  test('has no way around the escaping', () => {
    for (const filter of [
      'safe',
      'escape',
      'forceescape',
      'nl2br',
      'striptags',
      'urlize',
      'dump',
      'indent',
      'random',
    ]) {
      expect(engineOf({ a: `{{ x | ${filter} }}` }).faults()).toMatchObject([{ line: 1, template: 'a' }]);
    }
    const replaced = '{% macro m() %}X{% endmacro %}{{ m() | replace("X", name) }}';
    expect(failureOf(() => render(replaced, { name: '<' }, 'xml')).message).toContain('macro');
    const joined = '{% macro m() %}<b/>{% endmacro %}{{ m() ~ name }}';
    expect(render(joined, { name: '<' }, 'xml')).toBe('&lt;b/&gt;&lt;');
  });
});

describe('a template', () => {
  test('cannot reach the program around it', () => {
    for (const wayOut of [
      '{{ range.constructor("return process")() }}',
      '{{ "x".constructor.constructor("return 1")() }}',
      '{{ device["__pro" ~ "to__"] }}',
      '{{ constructor }}',
      '{{ device.toString.call(1) }}',
      '{{ device.__defineGetter__ }}',
    ])
      expect(failureOf(() => render(wayOut, { device: {} })).message).toMatch(/not for templates/);
  });

  test('fails on what is not there, with its line and column', () => {
    const place = { template: 'v/a.njk', line: 2, column: 6 };
    for (const value of ['nope', 'device.nope', 'device.none', 'device', 'list', 'number', 'range'])
      expect(
        failureOf(() => render(`a\nb = {{ ${value} }}`, { device: { none: null }, list: [], number: Number.NaN })),
      ).toMatchObject({ ...place, column: value === 'nope' ? 8 : expect.any(Number) });
  });

  test('fails on a misspelt name wherever it stands', () => {
    for (const use of [
      '{% if setings.vlan %}{% endif %}',
      '{% for x in setings.ntp %}{% endfor %}',
      '{{ "a" ~ setings }}',
    ])
      expect(failureOf(() => render(`\n${use}`, { settings: {} }))).toMatchObject({
        line: 2,
        message: 'unknown name "setings"',
      });
    expect(render('{% if settings.vlan %}x{% endif %}', { settings: {} })).toBe('');
    expect(render('{% set a = settings.vlan %}{% if a %}x{% endif %}', { settings: {} })).toBe('');
    expect(render('{% macro m(a, b) %}{{ a }}{{ b if b }}{% endmacro %}{{ m(1) }}')).toBe('1');
  });

  test('names itself when it fails inside of another', () => {
    const engine = engineOf({
      'v/a.njk': '\n\n{% include "v/b.njk" %}',
      'v/b.njk': '\n\n\n  {{ lines.nope }}',
      'v/c.njk': '{% import "v/m.njk" as m %}\n{{ m.key("sv") }}',
      'v/m.njk': '{% macro key(x) %}\n\n{{ x | word({ de: "German" }) }}{% endmacro %}',
    });
    expect(failureOf(() => engine.render('v/a.njk', 'cfg', { lines: {} }))).toMatchObject({
      template: 'v/b.njk',
      line: 4,
    });
    const failure = failureOf(() => engine.render('v/c.njk', 'cfg', {}));
    expect(failure).toMatchObject({ template: 'v/m.njk', line: 3 });
    expect(failure.message).toContain('no word for "sv"');
  });

  test('is found broken before it is rendered, and the others with it', () => {
    const engine = engineOf({
      a: '{{ x }}\n{% if %}',
      b: 'fine {{ x }}',
      c: '\n{{ x | words(t) }}',
      d: '{% include "bb" %}{% include x %}',
      e: '{% endfor %}',
      f: '{% if x is evenn %}{% endif %}',
      'g.template': '\n {{EXTENSION_NAMES}} {{NOPE}}',
      h: 'a\u0001b',
    });
    expect(engine.faults().map(({ template, line, column }) => [template, line, column])).toMatchObject([
      ['a', 2, expect.any(Number)],
      ['c', 2, 8],
      ['d', 1, expect.any(Number)],
      ['e', 1, expect.any(Number)],
      ['f', 1, expect.any(Number)],
      ['h', undefined, undefined],
      ['g.template', 2, 2],
      ['g.template', 2, 22],
    ]);
    expect(engine.faults()[1]?.message).toBe('unknown filter "words"; did you mean "word"?');
    expect(engine.render('b', 'cfg', { x: 1 }).bytes.toString()).toBe('fine 1');
    expect(failureOf(() => engine.render('a', 'cfg', { x: 1 }))).toMatchObject({ template: 'a', line: 2 });
    expect(failureOf(() => engine.render('zz', 'cfg', {})).message).toContain('zz');
  });

  test('that includes itself, or one that is not there, fails and no more', () => {
    const engine = engineOf({ a: '{% include "a" %}', b: '{% include x %}' });
    expect(engine.faults()).toEqual([]);
    expect(failureOf(() => engine.render('a', 'cfg', {})).template).toBe('a');
    expect(failureOf(() => engine.render('b', 'cfg', { x: 'zz' })).message).toContain('zz');
  });

  test('gives the same bytes each time, and after a failure', () => {
    const engine = engineOf({
      a: '{% for x in list %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ "," if not loop.last }}{% endfor %}',
    });
    const first = engine.render('a', 'cfg', { list: ['a', 'b'] });
    expect(first.bytes.toString()).toBe('1/2:a,2/2:b');
    expect(() => engine.render('a', 'cfg', { list: ['a', null] })).toThrow(TemplateFailure);
    expect(engine.render('a', 'cfg', { list: ['a', 'b'] })).toEqual(first);
  });

  test('keeps the scopes of loops, macros and blocks apart', () => {
    const engine = engineOf({
      base: '{% set x = 1 %}{% block top %}base{% endblock %}/{{ x }}',
      a: '{% extends "base" %}{% block top %}{% for i in [1, 2] %}{% set y = i %}{{ y }}{% endfor %}{% endblock %}',
      loop: '{% set n = 0 %}{% for i in [1, 2, 3] %}{% set n = n + i %}{% for k, v in { a: i } %}{{ k }}{{ v }}{{ loop.first }}{% endfor %}{% endfor %}={{ n }}',
      macro: '{% set n = 5 %}{% macro m(n) %}{% set n = n + 1 %}{{ n }}{% endmacro %}{{ m(1) }}{{ n }}',
      call: '{% macro box(x) %}[{{ caller() }}{{ x }}]{% endmacro %}{% call box(2) %}{{ name }}{% endcall %}',
    });
    const text = (name: string) => engine.render(name, 'xml', { name: '<' }).bytes.toString();
    expect(text('a')).toBe('12/1');
    expect(text('loop')).toBe('a1truea2truea3true=6');
    expect(text('macro')).toBe('25');
    expect(text('call')).toBe('[&lt;2]');
  });
});

describe('a secret', () => {
  const password = new Secret('gehéim&');

  test('is revealed where it is put out, and its bytes are known', () => {
    const engine = engineOf({ a: 'ü{{ p }}-{{ p }}{{ empty }}.', plain: 'ü' });
    const { bytes, secrets } = engine.render('a', 'xml', { p: password, empty: new Secret('') });
    expect(bytes.toString()).toBe('ügehéim&amp;-gehéim&amp;.');
    expect(secrets.map(({ start, end }) => bytes.subarray(start, end).toString())).toEqual([
      'gehéim&amp;',
      'gehéim&amp;',
    ]);
    expect(engine.render('plain', 'cfg', {})).toEqual({ bytes: Buffer.from('ü'), secrets: [] });
  });

  test('is not written as dots when it is joined, filtered or captured: that fails', () => {
    for (const template of [
      '{{ "admin:" ~ p }}',
      '{{ p | upper }}',
      '{{ p | cut(30) }}',
      '{{ [p] | join }}',
      '{% set x %}{{ p }}{% endset %}{{ x }}',
    ]) {
      const failure = failureOf(() => render(template, { p: password }));
      expect(failure.message).not.toContain('gehéim');
    }
    expect(render('{{ p | default("x") }}{% if p %}!{% endif %}', { p: password })).toBe('gehéim&!');
  });

  test('that its format cannot hold is not shown', () => {
    const failure = failureOf(() => render('{{ p }}', { p: new Secret('geheim\n') }));
    expect(failure.message).toBe('the value holds a line break, which no cfg file can');
  });
});
