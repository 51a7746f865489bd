/** How a template finds what its names say: in place of the template language's own look-ups, which reach every JavaScript object. */

/** The variables of a loop, a macro or a file, and the scope around it. Stands in for nunjucks' own, which is a good deal slower. */
export class Scope {
  readonly variables: Record<string, unknown> = Object.create(null);
  readonly parent: Scope | undefined;
  /** A `set` within must not reach the scopes around it. */
  readonly isolated: boolean;
  topLevel = false;

  constructor(parent?: Scope, isolated = false) {
    this.parent = parent;
    this.isolated = isolated;
  }

  set(name: string, value: unknown, up = false): void {
    const scope = up ? this.#settable(name) : this;
    scope.variables[name] = value;
  }

  lookup(name: string): unknown {
    const value = this.variables[name];
    return value === undefined ? this.parent?.lookup(name) : value;
  }

  push(isolated = false): Scope {
    return new Scope(this, isolated);
  }

  pop(): Scope | undefined {
    return this.parent;
  }

  has(name: string): boolean {
    return name in this.variables || (this.parent?.has(name) ?? false);
  }

  /** The innermost scope that has the name and may be written from here, or this one. */
  #settable(name: string): Scope {
    let scope: Scope | undefined = this;
    while (scope && scope.variables[name] === undefined) scope = scope.isolated ? undefined : scope.parent;
    return scope ?? this;
  }
}

/** What a template was rendered with. */
export interface Context {
  readonly ctx: Readonly<Record<string, unknown>>;
  getVariables(): object;
  readonly env: { readonly globals: Readonly<Record<string, unknown>> };
}

/** `target.key`; undefined where the target is not there. From `constructor` and its kin one reaches the whole program: refused. */
export function memberLookup(target: Readonly<Record<string, unknown>> | undefined | null, key: string): unknown {
  if (target === undefined || target === null) return undefined;
  const value = target[key];
  if (typeof value === 'function' || key === '__proto__') return method(target, key, value);
  return value;
}

function method(target: unknown, key: string, value: unknown): unknown {
  if (/^__|^(?:constructor|prototype|apply|bind|call)$/.test(key)) throw new TypeError(`"${key}" is not for templates`);
  return typeof value === 'function' ? (...args: unknown[]) => Reflect.apply(value, target, args) : value;
}

/** The value of a name; undefined when a scope has it so. @throws ReferenceError for a name that nothing has. */
export function nameLookup(context: Context, scope: Scope, name: string): unknown {
  const inner = scope.lookup(name);
  if (inner !== undefined) return inner;
  const value = context.ctx[name];
  if (value !== undefined) return value;
  const { globals } = context.env;
  if (Object.hasOwn(globals, name)) return globals[name];
  if (Object.hasOwn(context.ctx, name) || scope.has(name)) return undefined;
  throw new ReferenceError(`unknown name "${name}"`);
}
