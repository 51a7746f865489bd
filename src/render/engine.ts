import nunjucks from 'nunjucks';
import { nearest } from '../model/nearest.ts';
import type { Format } from '../model/vendor.ts';
import { isPlain, print } from './escape.ts';
import { messageOf, TemplateFailure, type TemplateFault } from './failure.ts';
import { type Filter, filters, pureBuiltins } from './filters.ts';
import { type Context, memberLookup, nameLookup, Scope } from './lookups.ts';
import { compilePlaceholders, fillPlaceholders, type PlaceholderTemplate } from './placeholders.ts';
import { hasMarks, type Rendered, takeMarks } from './secrets.ts';
import { absorbStandaloneTags } from './standalone-tags.ts';

export interface Engine {
  /**
   * Renders a template (`acme/mac.cfg.njk`, or a `.template` with placeholders) for a file of this format.
   * @throws TemplateFailure
   */
  render(name: string, format: Format, context: object): Rendered;
  /** The templates that cannot be read, each with its first fault; of a `.template` every fault. */
  faults(): readonly TemplateFault[];
}

/**
 * Compiles every template once. Escaping is syntax: whatever `{{ }}` puts out is printed by the format of the file that
 * is being rendered, and no filter says otherwise.
 */
export function compileTemplates(sources: ReadonlyMap<string, string>): Engine {
  const faults: TemplateFault[] = [];
  const programs = new Map<string, string>();
  const fillable = new Map<string, PlaceholderTemplate>();
  for (const [name, source] of sources) {
    if (name.endsWith('.template')) fillable.set(name, compilePlaceholders(name, source));
    else collect(faults, name, () => programs.set(name, compile(name, source, sources)));
  }
  for (const template of fillable.values()) faults.push(...template.faults);
  const broken = new Map(faults.map((fault) => [fault.template, fault]));
  const renderers = { cfg: rendererOf(programs, 'cfg'), xml: rendererOf(programs, 'xml') };
  return {
    faults: () => faults,
    render(name, format, context) {
      const fault = broken.get(name);
      if (fault) throw new TemplateFailure(fault);
      const template = fillable.get(name);
      return takeMarks(template ? fillPlaceholders(template, format, context) : renderers[format](name, context));
    },
  };
}

function collect(faults: TemplateFault[], template: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    faults.push({ template, ...placeOf(error), message: messageOf(error) });
  }
}

/** nunjucks counts from 1 in the errors of its parser and compiler. */
function placeOf(error: unknown): { line?: number; column?: number } {
  const place = { lineno: undefined, colno: undefined, ...(typeof error === 'object' ? error : undefined) };
  const { lineno: line, colno: column } = place;
  return { line: typeof line === 'number' ? line : undefined, column: typeof column === 'number' ? column : undefined };
}

// From here on: the inside of nunjucks 3.2.4, whose exact version package.json holds. A template is compiled to the source
// of a function that gets a run-time library handed in; it gets ours, and nothing of nunjucks is patched.

interface Node {
  readonly typename?: string;
  readonly lineno: number;
  readonly colno: number;
  readonly value?: unknown;
  readonly name?: Node;
  readonly right?: Node;
  readonly template?: Node;
  /** `{% include x ignore missing %}` */
  readonly ignoreMissing?: boolean;
}

interface CompileScope {
  lookup(name: string): unknown;
}

interface CompilerBase {
  /** The variable that output is gathered in. */
  readonly buffer: string;
  compile(tree: object): void;
  getCode(): string;
  fail(message: string, line: number, column: number): never;
  _emit(code: string): void;
  _compileExpression(node: Node | undefined, scope: CompileScope): void;
  compileFilter(node: Node, scope: CompileScope): void;
  compileFunCall(node: Node, scope: CompileScope): void;
  compileInclude(node: Node, scope: CompileScope): void;
  compileIn(node: Node, scope: CompileScope): void;
  compileIs(node: Node, scope: CompileScope): void;
  compileSymbol(node: Node, scope: CompileScope): void;
  _emitLoopBindings(node: Node, list: string, index: string, length: string): void;
  _compileGetTemplate(node: Node, scope: CompileScope, eager: boolean, ignoreMissing: boolean): string;
}

type Done = (error: unknown, text?: string | null) => void;
type Root = (env: object, context: object, scope: object, runtime: object, done: Done) => void;

interface Environment {
  filters: Record<string, Filter>;
  readonly tests: Readonly<Record<string, unknown>>;
  addFilter(name: string, filter: Filter): void;
  getFilter(name: string): Filter;
  getTemplate(name: unknown, eager?: boolean, parent?: string, ignoreMissing?: boolean): Template;
}

interface Template {
  render(context: object, scope: object, done: Done): void;
}

interface Internals {
  readonly Environment: new (loaders: readonly object[], options: object) => Environment;
  readonly compiler: { readonly Compiler: new (name: string, throwOnUndefined: boolean) => CompilerBase };
  readonly parser: { parse(source: string, extensions: readonly object[], options: object): object };
  readonly runtime: { readonly SafeString: new (text: string) => object };
}

const inside = nunjucks as unknown as Internals;
const { SafeString } = inside.runtime;
const stock = new inside.Environment([], {});

/**
 * The compiler, which also finds misspelt filters, tests and templates before anything is rendered, and leaves word at
 * run time of where it is (nunjucks does so for calls only, and takes a macro's line for one of its caller's file).
 */
class Compiler extends inside.compiler.Compiler {
  readonly templates: ReadonlyMap<string, string>;

  constructor(name: string, templates: ReadonlyMap<string, string>) {
    super(name, true);
    this.templates = templates;
  }

  override compileFilter(node: Node, scope: CompileScope): void {
    this.#known('filter', node.name, [...Object.keys(filters), ...pureBuiltins]);
    this.#at(node, () => super.compileFilter(node, scope));
  }

  override compileIs(node: Node, scope: CompileScope): void {
    this.#known('test', node.right?.name ?? node.right, Object.keys(stock.tests));
    this.#at(node, () => super.compileIs(node, scope));
  }

  override compileFunCall(node: Node, scope: CompileScope): void {
    this.#at(node, () => super.compileFunCall(node, scope));
  }

  override compileIn(node: Node, scope: CompileScope): void {
    this.#at(node, () => super.compileIn(node, scope));
  }

  /** At once. nunjucks goes on behind an include in a callback, as if templates came from afar; that costs time and memory. */
  override compileInclude(node: Node, scope: CompileScope): void {
    if (node.template?.typename === 'Literal' && !node.ignoreMissing)
      this.#known('template', node.template, [...this.templates.keys()]);
    this._emit(`${this.buffer} += runtime.include(env, `);
    this._compileExpression(node.template, scope);
    this._emit(`, ${node.ignoreMissing === true}, context, frame);\n`);
  }

  override compileSymbol(node: Node, scope: CompileScope): void {
    const name = String(node.value);
    if (name in Object.prototype) this.fail(`"${name}" is not for templates`, node.lineno, node.colno);
    if (scope.lookup(name)) super.compileSymbol(node, scope);
    else this._emit(`runtime.contextOrFrameLookup(context, frame, "${name}", ${node.lineno}, ${node.colno})`);
  }

  override _compileGetTemplate(node: Node, scope: CompileScope, eager: boolean, ignoreMissing: boolean): string {
    if (node.template?.typename === 'Literal' && !ignoreMissing)
      this.#known('template', node.template, [...this.templates.keys()]);
    return super._compileGetTemplate(node, scope, eager, ignoreMissing);
  }

  /** As one object: nunjucks sets seven names with dots, in each turn of a loop. */
  override _emitLoopBindings(_node: Node, _list: string, i: string, length: string): void {
    const ends = `first: ${i} === 0, last: ${i} === ${length} - 1, length: ${length}`;
    const reverse = `revindex: ${length} - ${i}, revindex0: ${length} - ${i} - 1`;
    this._emit(`frame.set("loop", { index: ${i} + 1, index0: ${i}, ${reverse}, ${ends} });\n`);
  }

  #known(kind: string, node: Node | undefined, known: readonly string[]): void {
    const name = String(node?.value);
    if (!node || known.includes(name)) return;
    const guess = nearest(name, known);
    this.fail(`unknown ${kind} "${name}"${guess ? `; did you mean "${guess}"?` : ''}`, node.lineno, node.colno);
  }

  #at({ lineno, colno }: Node, emit: () => void): void {
    this._emit(`(runtime.at(${lineno}, ${colno}), `);
    emit();
    this._emit(')');
  }
}

/** The source of the function that a template becomes. */
function compile(name: string, source: string, templates: ReadonlyMap<string, string>): string {
  if (hasMarks(source)) throw new RangeError('the template holds the control character U+0001 or U+0002');
  const text = absorbStandaloneTags(source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n'));
  const compiler = new Compiler(name, templates);
  compiler.compile(inside.parser.parse(text, [], {}));
  return compiler.getCode();
}

/** Where the template is at, for errors that do not know it themselves. Lines and columns from 0. */
interface Place {
  template: string;
  line: number;
  column: number;
}

/** Renders to text in which secrets still have their marks. */
function rendererOf(programs: ReadonlyMap<string, string>, format: Format): (name: string, context: object) => string {
  const place: Place = { template: '', line: 0, column: 0 };
  const environment = environmentOf((name) => {
    const program = programs.get(name);
    return program === undefined ? undefined : withRuntime(program, runtimeOf(name, format, place));
  });
  const root = new Scope();
  return (name, context) => {
    Object.assign(place, { template: name, line: 0, column: 0 });
    try {
      return textOf(environment.getTemplate(name), context, root);
    } catch (error) {
      throw failureOf(error, place);
    }
  };
}

/** Renders at once: our templates wait for nothing. */
function textOf(template: Template, context: object, scope: object): string {
  const end: { error?: unknown; text?: string | null } = {};
  template.render(context, scope, (error, text) => {
    end.error ??= error;
    end.text ??= text;
  });
  if (end.error) throw end.error;
  return end.text ?? '';
}

function environmentOf(load: (name: string) => object | undefined): Environment {
  const loader = {
    getSource(path: string) {
      const program = load(path);
      return program ? { src: { type: 'code', obj: program }, path, noCache: false } : null;
    },
  };
  const environment = new inside.Environment([loader], { autoescape: false, throwOnUndefined: true, dev: true });
  environment.filters = {};
  for (const name of pureBuiltins) environment.addFilter(name, guarded(stock.getFilter(name)));
  for (const [name, filter] of Object.entries(filters)) environment.addFilter(name, guarded(filter));
  return environment;
}

/** The output of a macro is escaped already; filtered it would be text again, and escaped twice. */
function guarded(filter: Filter): Filter {
  return function (this: unknown, value, ...rest) {
    if (value instanceof SafeString) throw new TypeError('the output of a macro cannot go through a filter');
    return filter.call(this, value, ...rest);
  };
}

/** The functions of a program, each with our run-time library for theirs. */
function withRuntime(program: string, runtime: object): Record<string, Root> {
  const roots: Record<string, Root> = new Function(program)();
  return Object.fromEntries(
    Object.entries(roots).map(([name, root]): [string, Root] => [
      name,
      (env, context, scope, _theirs, done) => root(env, context, scope, runtime, done),
    ]),
  );
}

function runtimeOf(template: string, format: Format, place: Place): object {
  const failAt = (line: number, column: number, error: unknown) =>
    new TemplateFailure({ template, line: line + 1, column: column + 1, message: messageOf(error) });
  return {
    ...inside.runtime,
    Frame: Scope,
    at(line: number, column: number) {
      place.template = template;
      place.line = line;
      place.column = column;
    },
    ensureDefined(value: unknown, line: number, column: number) {
      if (typeof value === 'string' && isPlain(format, value)) return value;
      if (value instanceof SafeString) return value;
      try {
        return print(format, value);
      } catch (error) {
        throw failAt(line, column, error);
      }
    },
    suppressValue: (value: unknown) => value,
    include: (env: Environment, name: unknown, ignoreMissing: boolean, context: Context, scope: object) =>
      textOf(env.getTemplate(name, false, template, ignoreMissing), context.getVariables(), scope),
    memberLookup,
    contextOrFrameLookup(context: Context, scope: Scope, name: string, line: number, column: number) {
      try {
        return nameLookup(context, scope, name);
      } catch (error) {
        throw failAt(line, column, error);
      }
    },
    handleError: (error: unknown) => failureOf(error, place),
  };
}

/** The failure that an error stands for, or was wrapped around on its way through an `include`. */
function failureOf(error: unknown, { template, line, column }: Place): TemplateFailure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TemplateFailure) return cause;
  }
  return new TemplateFailure({ template, line: line + 1, column: column + 1, message: messageOf(error) });
}
