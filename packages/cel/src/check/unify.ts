import { type CelType, dyn, isOpen, isSame, paramsOf, withParams } from './types.ts';

/** What variables stand for. */
export type Bindings = Map<string, CelType>;

/** Puts in what variables stand for; with `close` those that stand for nothing yet are `dyn`. */
export function resolve(bindings: Bindings, type: CelType, close = false): CelType {
  if (type.kind === 'variable') {
    const bound = bindings.get(type.name);
    if (bound !== undefined) return resolve(bindings, bound, close);
    return close ? dyn : type;
  }
  const params = paramsOf(type);
  if (params.length === 0) return type;
  return withParams(
    type,
    params.map((param) => resolve(bindings, param, close)),
  );
}

/**
 * Whether all of `from` can be taken for `to`; binds what this needs, and nothing when it is not so.
 * Source: cel-spec, "Gradual type checking".
 */
export function assign(bindings: Bindings, to: readonly CelType[], from: readonly CelType[]): boolean {
  const attempt = new Attempt(bindings);
  if (attempt.fitsAll(to, from)) return true;
  attempt.undo();
  return false;
}

/** Bindings that are tried, and can be taken back. */
class Attempt {
  readonly #bindings: Bindings;
  readonly #before: [name: string, type: CelType | undefined][] = [];

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  undo(): void {
    for (const [name, type] of this.#before.reverse()) {
      if (type === undefined) this.#bindings.delete(name);
      else this.#bindings.set(name, type);
    }
  }

  fitsAll(to: readonly CelType[], from: readonly CelType[]): boolean {
    return to.length === from.length && to.every((type, i) => this.#fits(type, from[i] as CelType));
  }

  #fits(a: CelType, b: CelType): boolean {
    if (b.kind === 'variable') {
      const answer = this.#bind(b, a);
      if (answer === 'bound') return true;
      if (answer === 'conflict') return false;
    }
    if (a.kind === 'variable') return this.#bind(a, b) === 'bound';
    if (isOpen(a) || isOpen(b)) return true;
    if (a.kind === 'null' || b.kind === 'null') return isNullable(a.kind === 'null' ? b : a);
    if (a.kind !== b.kind) return false;
    if (a.kind === 'type') return true;
    if (a.kind === 'scalar' || a.kind === 'struct') return isSame(a, b);
    if (a.kind === 'opaque' && a.name !== (b as typeof a).name) return false;
    return this.fitsAll(paramsOf(a), paramsOf(b));
  }

  /**
   * Lets a variable stand for a type as well: `conflict` when it stands for another already, `circular` when it is a part
   * of the type.
   */
  #bind(variable: CelType & { kind: 'variable' }, type: CelType): 'bound' | 'conflict' | 'circular' {
    if (isSame(type, variable)) return 'bound';
    const bound = this.#bindings.get(variable.name);
    if (bound === undefined) {
      if (isPart(this.#bindings, variable, type)) return 'circular';
      this.#set(variable.name, type);
      return 'bound';
    }
    if (isSame(type, bound)) return 'bound';
    if (!this.#fits(type, bound)) return 'conflict';
    const wider = moreGeneral(type, bound);
    if (!isPart(this.#bindings, variable, wider)) this.#set(variable.name, wider);
    return 'bound';
  }

  #set(name: string, type: CelType): void {
    this.#before.push([name, this.#bindings.get(name)]);
    this.#bindings.set(name, type);
  }
}

function isNullable(type: CelType): boolean {
  if (type.kind === 'scalar') return type.name === 'duration' || type.name === 'timestamp';
  return type.kind === 'null' || type.kind === 'opaque' || type.kind === 'struct';
}

function isPart(bindings: Bindings, variable: CelType, type: CelType): boolean {
  if (isSame(variable, type)) return true;
  if (type.kind === 'variable') {
    const bound = bindings.get(type.name);
    return bound !== undefined && isPart(bindings, variable, bound);
  }
  return paramsOf(type).some((param) => isPart(bindings, variable, param));
}

/** The less specific of two types that fit. */
export function moreGeneral(a: CelType, b: CelType): CelType {
  return covers(a, b) ? a : b;
}

function covers(a: CelType, b: CelType): boolean {
  if (a.kind === 'dyn' || a.kind === 'variable') return true;
  if (b.kind === 'dyn' || b.kind === 'variable' || a.kind !== b.kind) return false;
  if (a.kind === 'type') return true;
  if (a.kind !== 'opaque' && a.kind !== 'list' && a.kind !== 'map') return isSame(a, b);
  if (a.kind === 'opaque' && a.name !== (b as typeof a).name) return false;
  const right = paramsOf(b);
  return right.length === paramsOf(a).length && paramsOf(a).every((param, i) => covers(param, right[i] as CelType));
}
