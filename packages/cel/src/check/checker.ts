import type { CallNode, LoopNode, Node } from './ast.ts';
import { qualifiedName } from './ast.ts';
import { type Functions, type Overload, typeNames } from './declarations.ts';
import type { Issue } from './source.ts';
import {
  type CelType,
  dyn,
  insideOptional,
  isOpen,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  paramsOf,
  printType,
  type ScalarName,
  scalar,
  withParams,
  wrong,
} from './types.ts';
import { assign, type Bindings, moreGeneral, resolve } from './unify.ts';

/** What checking finds out. */
export interface Checked {
  readonly type: CelType;
  readonly issues: readonly Issue[];
  /** Variables of the environment that the expression reads. */
  readonly uses: ReadonlySet<string>;
  typeOf(node: Node): CelType;
  /** The ways in which a call may be meant. */
  overloadsOf(node: CallNode): readonly Overload[];
  /** Whether a call's target is the package of its function. */
  isPackaged(node: CallNode): boolean;
}

const maxRepeats = 2000;

interface Scope {
  readonly names: ReadonlyMap<string, CelType>;
  readonly outer?: Scope;
}

/**
 * Finds the type of every part of an expression and what does not fit. Source: cel-spec, "Gradual type checking"; the
 * messages are cel-go's.
 */
export function check(root: Node, variables: ReadonlyMap<string, CelType>, functions: Functions): Checked {
  const checker = new Checker(variables, functions);
  checker.check(root);
  return checker.finish(root);
}

class Checker {
  readonly #functions: Functions;
  readonly #issues: Issue[] = [];
  readonly #types = new Map<Node, CelType>();
  readonly #overloads = new Map<CallNode, Overload[]>();
  readonly #packaged = new Set<CallNode>();
  readonly #uses = new Set<string>();
  #scope: Scope;
  readonly #globals: Scope;
  readonly #bindings: Bindings = new Map();
  #fresh = 0;
  #visits = 0;

  constructor(variables: ReadonlyMap<string, CelType>, functions: Functions) {
    this.#functions = functions;
    this.#globals = { names: variables };
    this.#scope = this.#globals;
  }

  finish(root: Node): Checked {
    const closed = (node: Node): CelType => resolve(this.#bindings, this.#types.get(node) ?? dyn, true);
    return {
      type: closed(root),
      issues: this.#issues,
      uses: this.#uses,
      typeOf: closed,
      overloadsOf: (node) => this.#overloads.get(node) ?? [],
      isPackaged: (node) => this.#packaged.has(node),
    };
  }

  check(node: Node): CelType {
    const known = this.#types.get(node);
    // Macros look at a part twice, and those in each other ever more often.
    if (known !== undefined && ++this.#visits > maxRepeats) return known;
    const type = this.#typeOf(node);
    this.#types.set(node, type);
    return type;
  }

  #typeOf(node: Node): CelType {
    switch (node.kind) {
      case 'literal':
        return node.type === 'null' ? nullType : scalar(node.type as ScalarName);
      case 'name':
        return this.#lookUp(node.name) ?? this.#undeclared(node.at, node.name);
      case 'select':
        return this.#select(node);
      case 'optional-select':
        return optionalOf(this.#field(node, node.operand, node.field).type);
      case 'call':
        return this.#call(node);
      case 'list':
        return this.#list(node);
      case 'map':
        return this.#map(node);
      case 'message':
        return this.#message(node);
      case 'loop':
        return this.#loop(node);
      case 'broken':
        return wrong;
    }
  }

  #report(at: number, message: string): CelType {
    this.#issues.push({ at, message });
    return wrong;
  }

  #undeclared(at: number, name: string): CelType {
    return this.#report(at, `undeclared reference to '${name}' (in container '')`);
  }

  #mismatch(at: number, expected: CelType, found: CelType): CelType {
    return this.#report(at, `expected type '${printType(expected)}' but found '${printType(found)}'`);
  }

  #lookUp(name: string): CelType | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    for (let scope: Scope | undefined = this.#scope; scope !== undefined; scope = scope.outer) {
      const type = scope.names.get(plain);
      if (type === undefined) continue;
      if (scope === this.#globals) this.#uses.add(plain);
      return type;
    }
    return typeNames.get(plain);
  }

  #resolved(type: CelType): CelType {
    return resolve(this.#bindings, type);
  }

  /** Whether `from` can be taken for `to`; keeps the bindings that it needs. */
  #assign(to: CelType, from: CelType): boolean {
    return assign(this.#bindings, [to], [from]);
  }

  #variable(): CelType {
    return { kind: 'variable', name: `_var${this.#fresh++}` };
  }

  #select(node: Extract<Node, { kind: 'select' }>): CelType {
    const qualified = qualifiedName(node);
    const known = qualified === undefined ? undefined : this.#lookUp(qualified);
    if (known !== undefined) return known;
    const { type, isOptional } = this.#field(node, node.operand, node.field);
    if (node.isTest) return scalar('bool');
    return isOptional ? optionalOf(type) : type;
  }

  /** The type of a field; a field of an optional is optional. */
  #field(node: Node, operand: Node, field: string): { type: CelType; isOptional: boolean } {
    const whole = this.#resolved(this.check(operand));
    const inside = insideOptional(whole);
    const isOptional = inside !== undefined;
    const type = inside ?? whole;
    switch (type.kind) {
      case 'map':
        return { type: this.#resolved(type.params[1]), isOptional };
      case 'struct': {
        if (type.fields === undefined) {
          const message = `unexpected failed resolution of '${type.name}'`;
          return { type: this.#report(node.at, message), isOptional };
        }
        // A reserved word may stand for a field as it is.
        const found = type.fields.get(field) ?? type.fields.get(`__${field}__`);
        return { type: found ?? this.#report(node.at, `undefined field '${field}'`), isOptional };
      }
      case 'variable':
        this.#assign(dyn, type);
        return { type: dyn, isOptional };
      default:
        if (!isOpen(type)) this.#report(node.at, `type '${printType(type)}' does not support field selection`);
        return { type: dyn, isOptional };
    }
  }

  #call(node: CallNode): CelType {
    const args = node.args.map((arg) => this.check(arg));
    if (node.target === undefined) {
      const name = node.name.startsWith('.') ? node.name.slice(1) : node.name;
      const overloads = this.#functions.get(name);
      return overloads === undefined
        ? this.#undeclared(node.at, node.name)
        : this.#applied(node, name, overloads, undefined, args);
    }
    const prefix = qualifiedName(node.target)?.replace(/^\./, '');
    const packaged = prefix === undefined ? undefined : this.#functions.get(`${prefix}.${node.name}`);
    if (packaged !== undefined) {
      this.#packaged.add(node);
      return this.#applied(node, `${prefix}.${node.name}`, packaged, undefined, args);
    }
    const target = this.check(node.target);
    const overloads = this.#functions.get(node.name);
    if (overloads === undefined) return this.#undeclared(node.at, node.name);
    return this.#applied(node, node.name, overloads, target, args);
  }

  #applied(
    node: CallNode,
    name: string,
    overloads: readonly Overload[],
    target: CelType | undefined,
    args: readonly CelType[],
  ): CelType {
    if (name === '_&&_' || name === '_||_') return this.#logical(node, overloads, args);
    const given = target === undefined ? args : [target, ...args];
    const matched: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.isMethod !== (target !== undefined)) continue;
      const fresh: Bindings = new Map(overload.variables.map((variable) => [variable, this.#variable()]));
      const wanted = overload.args.map((arg) => resolve(fresh, arg));
      if (!assign(this.#bindings, given, wanted)) continue;
      matched.push(overload);
      const type = this.#resolved(resolve(fresh, overload.result));
      // More than one way with different results: it is told when it runs.
      if (result === undefined) result = type;
      else if (result.kind !== 'dyn' && printType(result) !== printType(type)) result = dyn;
    }
    this.#overloads.set(node, matched);
    if (result !== undefined) return result;
    const shown = given.map((type) => printType(resolve(this.#bindings, type, true)));
    const signature = target === undefined ? `(${shown.join(', ')})` : `${shown[0]}.(${shown.slice(1).join(', ')})`;
    return this.#report(node.at, `found no matching overload for '${name}' applied to '${signature}'`);
  }

  #logical(node: CallNode, overloads: readonly Overload[], args: readonly CelType[]): CelType {
    const bool = scalar('bool');
    let result = bool;
    args.forEach((arg, i) => {
      if (!this.#assign(arg, bool)) result = this.#mismatch((node.args[i] as Node).at, bool, arg);
    });
    if (result === bool) this.#overloads.set(node, [...overloads]);
    return result;
  }

  /** The type of two items of a literal; whether they may differ is not of interest here. */
  #joined(before: CelType | undefined, type: CelType): CelType {
    if (before === undefined) return type;
    return this.#assign(before, type) ? moreGeneral(before, type) : dyn;
  }

  /** The type of an item; an optional one holds it. */
  #item(node: Node, isOptional: boolean): CelType {
    const type = this.check(node);
    if (!isOptional) return type;
    const inside = insideOptional(type);
    if (inside === undefined && type.kind !== 'dyn') this.#mismatch(node.at, optionalOf(type), type);
    return inside ?? type;
  }

  #list(node: Extract<Node, { kind: 'list' }>): CelType {
    let type: CelType | undefined;
    node.items.forEach((item, i) => {
      type = this.#joined(type, this.#item(item, node.optionals.has(i)));
    });
    return listOf(type ?? this.#variable());
  }

  #map(node: Extract<Node, { kind: 'map' }>): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of node.entries) {
      key = this.#joined(key, this.check(entry.key));
      value = this.#joined(value, this.#item(entry.value, entry.isOptional));
    }
    return mapOf(key ?? this.#variable(), value ?? this.#variable());
  }

  #message(node: Extract<Node, { kind: 'message' }>): CelType {
    const named = this.#lookUp(node.name);
    if (named === undefined) return this.#undeclared(node.at, node.name);
    let type: CelType = wrong;
    if (named.kind !== 'type') this.#report(node.at, `'${printType(named)}' is not a type`);
    else {
      type = named.params[0] ?? dyn;
      const isTime = type.kind === 'scalar' && (type.name === 'duration' || type.name === 'timestamp');
      if (!isTime && type.kind !== 'null') {
        this.#report(node.at, `'${printType(withParams(type, []))}' is not a message type`);
        type = wrong;
      }
    }
    const fields = type.kind === 'scalar' ? ['seconds', 'nanos'] : [];
    for (const field of node.fields) {
      const value = this.#item(field.value, field.isOptional);
      if (named.kind !== 'type') this.#report(field.at, `unexpected failed resolution of '${node.name}'`);
      else if (!fields.includes(field.name)) this.#report(field.at, `undefined field '${field.name}'`);
      else if (!this.#assign(scalar('int'), value)) {
        const shown = `expected type of field '${field.name}' is 'int' but provided type is '${printType(value)}'`;
        this.#report(field.at, shown);
      }
    }
    return type;
  }

  #loop(node: LoopNode): CelType {
    const range = this.check(node.range);
    const accu = this.check(node.accuInit);
    const types = this.#iterated(node, this.#resolved(range));
    const gathering = { names: new Map([[node.accuVar, accu]]), outer: this.#scope };
    const round = { names: new Map(node.iterVars.map((name, i) => [name, types[i] ?? dyn])), outer: gathering };
    const outside = this.#scope;
    this.#scope = round;
    this.#expect(node.condition, scalar('bool'));
    this.#expect(node.step, accu);
    this.#scope = gathering;
    const result = this.check(node.result);
    this.#scope = outside;
    return this.#resolved(result);
  }

  #expect(node: Node, type: CelType): void {
    const found = this.check(node);
    if (!this.#assign(type, found)) this.#mismatch(node.at, type, found);
  }

  /** Types of a loop's variables. */
  #iterated(node: LoopNode, range: CelType): readonly CelType[] {
    const isPair = node.iterVars.length === 2;
    switch (range.kind) {
      case 'list':
        return isPair ? [scalar('int'), range.params[0]] : [range.params[0]];
      case 'map':
        return isPair ? paramsOf(range) : [range.params[0]];
      case 'dyn':
      case 'error':
      case 'variable':
        this.#assign(dyn, range);
        return [dyn, dyn];
      default: {
        const shown = printType(range);
        const message = `expression of type '${shown}' cannot be range of a comprehension (must be list, map, or dynamic)`;
        this.#report(node.range.at, message);
        return [wrong, wrong];
      }
    }
  }
}
