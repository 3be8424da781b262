import { balanced, call, type Entry, type FieldInit, type Node } from './ast.ts';
import {
  afterMember,
  calculations,
  fieldNames,
  first,
  firstFollow,
  firstOptional,
  literalKinds,
  products,
  relations,
  reserved,
  sums,
} from './grammar.ts';
import { literalOf } from './literal-of.ts';
import { expandMacro, MacroFault } from './macros.ts';
import { follow, ParseLimit, TokenReader } from './recovery.ts';
import type { Issue } from './source.ts';
import { type Token, tokenize } from './tokens.ts';

const maxPoints = 100_000;

/**
 * Parses an expression with optional syntax and expands its macros. Where there are issues the tree holds `broken` nodes.
 * Source: the grammar in cel-go's `parser/gen/CEL.g4`.
 */
export function parseExpression(text: string): { readonly root: Node; readonly issues: readonly Issue[] } {
  const points = [...text];
  if (points.length > maxPoints) {
    const message = `expression code point size exceeds limit: size: ${points.length}, limit ${maxPoints}`;
    return { root: { kind: 'broken', at: -1 }, issues: [{ at: -1, message }] };
  }
  const issues: Issue[] = [];
  const parser = new Parser(points, issues);
  return { root: parser.start(), issues };
}

class Parser {
  readonly #in: TokenReader;
  readonly #issues: Issue[];

  constructor(points: readonly string[], issues: Issue[]) {
    this.#issues = issues;
    const { kept, tokens } = tokenize(points, issues);
    this.#in = new TokenReader(kept, tokens, issues);
  }

  start(): Node {
    const broken = (): Node => ({ kind: 'broken', at: 0 });
    try {
      return this.#in.rule(
        'start',
        follow([]),
        () => {
          const root = this.#expr(follow(['<EOF>']));
          this.#in.match('<EOF>', follow([]));
          return root;
        },
        broken,
      );
    } catch (error) {
      if (!(error instanceof ParseLimit)) throw error;
      this.#issues.push({ at: -1, message: error.message });
      return broken();
    }
  }

  #rule(name: string, next: ReturnType<typeof follow>, run: () => Node): Node {
    const at = this.#in.peek().at;
    return this.#in.rule(name, next, run, () => ({ kind: 'broken', at }));
  }

  #expr(next: ReturnType<typeof follow>): Node {
    return this.#in.nested(() =>
      this.#rule('expr', next, () => {
        const condition = this.#or(follow(["'?'"], true));
        const mark = this.#in.peek();
        if (mark.kind !== "'?'") return condition;
        this.#in.match("'?'", firstFollow);
        const yes = this.#or(follow(["':'"]));
        this.#in.match("':'", firstFollow);
        const no = this.#expr(follow([], true));
        return call('_?_:_', mark.at, [condition, yes, no]);
      }),
    );
  }

  #or(next: ReturnType<typeof follow>): Node {
    return this.#chain('or', next, "'||'", '_||_', () => this.#and(follow(["'||'"], true)));
  }

  #and(next: ReturnType<typeof follow>): Node {
    return this.#chain('and', next, "'&&'", '_&&_', () => this.#relation(follow(["'&&'"], true)));
  }

  #chain(name: string, next: ReturnType<typeof follow>, kind: string, operator: string, part: () => Node): Node {
    return this.#rule(name, next, () => {
      const terms = [part()];
      const places: number[] = [];
      while (this.#in.peek().kind === kind) {
        places.push(this.#in.match(kind, firstFollow).at);
        terms.push(part());
      }
      return balanced(operator, terms, places, 0, terms.length - 1);
    });
  }

  #relation(next: ReturnType<typeof follow>): Node {
    return this.#rule('relation', next, () => {
      const operand = (): Node => this.#calc(follow(relations, true), 1);
      return this.#operators(operand(), relations, operand);
    });
  }

  /** Level 1 has sums, level 2 products. */
  #calc(next: ReturnType<typeof follow>, level: 1 | 2): Node {
    return this.#rule('calc', next, () => {
      const operand = (): Node =>
        level === 1 ? this.#calc(follow(calculations, true), 2) : this.#unary(follow(calculations, true));
      return this.#operators(operand(), level === 1 ? sums : products, operand);
    });
  }

  #operators(start: Node, kinds: ReadonlySet<string>, operand: () => Node): Node {
    let left = start;
    for (;;) {
      const token = this.#in.peek();
      if (!kinds.has(token.kind)) return left;
      this.#in.match(token.kind, firstFollow);
      const name = token.kind === "'in'" ? '@in' : `_${token.text}_`;
      left = call(name, token.at, [left, operand()]);
    }
  }

  #unary(next: ReturnType<typeof follow>): Node {
    return this.#rule('unary', next, () => {
      this.#in.sync(first);
      const sign = this.#in.peek();
      const isNumber = ['NUM_INT', 'NUM_FLOAT'].includes(this.#in.peek(1).kind);
      if (sign.kind === "'-'" && !first.has(this.#in.peek(1).kind)) throw this.#in.noAlternative(sign);
      if (sign.kind !== "'!'" && (sign.kind !== "'-'" || isNumber)) return this.#member(follow([], true));
      let count = 0;
      while (this.#in.peek().kind === sign.kind && !(sign.kind === "'-'" && count > 0 && this.#isNegative())) {
        this.#in.match(sign.kind, firstFollow);
        count++;
        this.#in.syncLoop(first);
      }
      const operand = this.#member(follow([], true));
      return count % 2 === 0 ? operand : call(sign.kind === "'!'" ? '!_' : '-_', sign.at, [operand]);
    });
  }

  #isNegative(): boolean {
    return this.#in.peek().kind === "'-'" && ['NUM_INT', 'NUM_FLOAT'].includes(this.#in.peek(1).kind);
  }

  #member(next: ReturnType<typeof follow>): Node {
    // What was read before a fault stays.
    let node: Node = { kind: 'broken', at: this.#in.peek().at };
    return this.#in.rule(
      'member',
      next,
      () => {
        node = this.#primary(afterMember);
        for (;;) {
          const token = this.#in.peek();
          if (token.kind === "'.'") node = this.#afterDot(node, token);
          else if (token.kind === "'['") node = this.#index(node);
          else return node;
        }
      },
      () => node,
    );
  }

  #afterDot(operand: Node, dot: Token): Node {
    const [name, open] = [this.#in.peek(1), this.#in.peek(2)];
    if (name.kind === 'IDENTIFIER' && open.kind === "'('") {
      this.#in.match("'.'", follow(['IDENTIFIER']));
      this.#in.match('IDENTIFIER', follow(["'('"]));
      return this.#call(name.text, operand);
    }
    if (name.kind !== "'?'" && !fieldNames.has(name.kind)) throw this.#in.noAlternative(dot);
    this.#in.match("'.'", follow([...fieldNames, "'?'"]));
    const isOptional = this.#in.peek().kind === "'?'";
    if (isOptional) this.#in.match("'?'", follow(fieldNames));
    const field = this.#fieldName();
    return { kind: isOptional ? 'optional-select' : 'select', at: dot.at, operand, field, isTest: false };
  }

  #fieldName(): string {
    const { at } = this.#in.peek();
    return this.#in.rule(
      'escapeIdent',
      afterMember,
      () => {
        this.#in.sync(fieldNames);
        const token = this.#in.peek();
        this.#in.match(token.kind, follow([], true));
        if (token.kind !== 'ESC_IDENTIFIER') return token.text;
        this.#issues.push({ at: token.at, message: "unsupported syntax: '`'" });
        return '';
      },
      () => {
        this.#issues.push({ at, message: 'unsupported ident kind' });
        return '';
      },
    );
  }

  #index(operand: Node): Node {
    const { at } = this.#in.match("'['", follow(firstOptional));
    this.#in.sync(firstOptional);
    const isOptional = this.#in.peek().kind === "'?'";
    if (isOptional) this.#in.match("'?'", firstFollow);
    const index = this.#expr(follow(["']'"]));
    this.#in.match("']'", afterMember);
    return call(isOptional ? '_[?_]' : '_[_]', at, [operand, index]);
  }

  /** From the opening bracket on. */
  #call(name: string, target?: Node): Node {
    const { at } = this.#in.match("'('", follow([...first, "')'"]));
    this.#in.sync(new Set([...first, "')'"]));
    const args = this.#in.peek().kind === "')'" ? [] : this.#arguments();
    try {
      this.#in.match("')'", target === undefined ? follow([], true) : afterMember);
    } catch (fault) {
      // Its macro is looked at all the same.
      this.#expanded(name, at, target, args);
      throw fault;
    }
    return (
      this.#expanded(name, at, target, args) ??
      (target === undefined ? call(name, at, args) : { kind: 'call', name, at, target, args })
    );
  }

  #expanded(name: string, at: number, target: Node | undefined, args: readonly Node[]): Node | undefined {
    try {
      return expandMacro(name, at, target, args);
    } catch (fault) {
      if (!(fault instanceof MacroFault)) throw fault;
      this.#issues.push({ at: fault.at, message: fault.message });
      return { kind: 'broken', at };
    }
  }

  #arguments(): Node[] {
    return this.#in.rule(
      'exprList',
      follow(["')'"]),
      () => {
        const args = [this.#expr(follow(["','"], true))];
        while (this.#in.peek().kind === "','") {
          this.#in.match("','", firstFollow);
          args.push(this.#expr(follow(["','"], true)));
        }
        return args;
      },
      () => [],
    );
  }

  #primary(next: ReturnType<typeof follow>): Node {
    return this.#rule('primary', next, () => {
      this.#in.sync(first);
      const token = this.#in.peek();
      switch (token.kind) {
        case "'('": {
          this.#in.match("'('", firstFollow);
          const inner = this.#expr(follow(["')'"]));
          this.#in.match("')'", follow([], true));
          return inner;
        }
        case "'['":
          return this.#list();
        case "'{'":
          return this.#map();
        case "'.'":
        case 'IDENTIFIER':
          return this.#name();
        default:
          return this.#literal();
      }
    });
  }

  #name(): Node {
    const start = this.#in.peek();
    const message = this.#messageLength();
    const isRooted = start.kind === "'.'";
    if (isRooted && this.#in.peek(1).kind !== 'IDENTIFIER') throw this.#in.noAlternative(start);
    if (message > 0) return this.#message(message);
    if (isRooted) this.#in.match("'.'", follow(['IDENTIFIER']));
    const token = this.#in.match('IDENTIFIER', follow([], true));
    const name = isRooted ? `.${token.text}` : token.text;
    const isReserved = reserved.has(token.text);
    if (isReserved) this.#issues.push({ at: start.at, message: `reserved identifier: ${token.text}` });
    const node: Node = this.#in.peek().kind === "'('" ? this.#call(name) : { kind: 'name', at: token.at, name };
    return isReserved ? { kind: 'broken', at: start.at } : node;
  }

  /** Tokens up to the brace of a message's literal; 0 when it is none. */
  #messageLength(): number {
    let at = this.#in.peek().kind === "'.'" ? 1 : 0;
    for (;;) {
      if (this.#in.peek(at).kind !== 'IDENTIFIER') return 0;
      const next = this.#in.peek(at + 1).kind;
      if (next === "'{'") return at + 1;
      if (next !== "'.'") return 0;
      at += 2;
    }
  }

  #message(length: number): Node {
    let name = '';
    for (let i = 0; i < length; i++) name += this.#in.match(this.#in.peek().kind, follow([])).text;
    const allowed = new Set([...fieldNames, "'?'", "','", "'}'"]);
    const { at } = this.#in.match("'{'", follow(allowed));
    this.#in.sync(allowed);
    const fields: FieldInit[] = [];
    if (!["','", "'}'"].includes(this.#in.peek().kind)) this.#entries("'}'", () => fields.push(this.#fieldInit()));
    this.#closing("'}'");
    return { kind: 'message', at, name, fields };
  }

  #fieldInit(): FieldInit {
    const starts = new Set([...fieldNames, "'?'"]);
    const named = this.#in.rule(
      'optField',
      follow(["':'"]),
      () => {
        this.#in.sync(starts);
        const isOptional = this.#in.peek().kind === "'?'";
        if (isOptional) this.#in.match("'?'", follow(fieldNames));
        return { isOptional, name: this.#fieldName() };
      },
      () => ({ isOptional: false, name: '' }),
    );
    const { at } = this.#in.match("':'", firstFollow);
    return { at, ...named, value: this.#expr(follow(["','"], true)) };
  }

  #list(): Node {
    const allowed = new Set([...firstOptional, "','", "']'"]);
    const { at } = this.#in.match("'['", follow(allowed));
    this.#in.sync(allowed);
    const items: Node[] = [];
    const optionals = new Set<number>();
    if (!["','", "']'"].includes(this.#in.peek().kind)) {
      this.#entries("']'", () => {
        const { isOptional, node } = this.#optionalExpr(follow(["','"], true));
        if (isOptional) optionals.add(items.length);
        items.push(node);
      });
    }
    this.#closing("']'");
    return { kind: 'list', at, items, optionals };
  }

  #map(): Node {
    const allowed = new Set([...firstOptional, "','", "'}'"]);
    const { at } = this.#in.match("'{'", follow(allowed));
    this.#in.sync(allowed);
    const entries: Entry[] = [];
    if (!["','", "'}'"].includes(this.#in.peek().kind)) {
      this.#entries("'}'", () => {
        const { isOptional, node: key } = this.#optionalExpr(follow(["':'"]));
        const colon = this.#in.match("':'", firstFollow);
        entries.push({ at: colon.at, key, value: this.#expr(follow(["','"], true)), isOptional });
      });
    }
    this.#closing("'}'");
    return { kind: 'map', at, entries };
  }

  /** What stands between brackets, without a trailing comma. */
  #entries(close: string, entry: () => void): void {
    const starts = close === "'}'" ? new Set([...firstOptional, ...fieldNames]) : firstOptional;
    this.#in.rule(
      'entries',
      follow(["','", close]),
      () => {
        entry();
        while (this.#in.peek().kind === "','" && starts.has(this.#in.peek(1).kind)) {
          this.#in.match("','", firstFollow);
          entry();
        }
      },
      () => undefined,
    );
  }

  #closing(close: string): void {
    this.#in.sync(new Set(["','", close]));
    if (this.#in.peek().kind === "','") this.#in.match("','", follow([close]));
    this.#in.match(close, follow([], true));
  }

  #optionalExpr(next: ReturnType<typeof follow>): { isOptional: boolean; node: Node } {
    const at = this.#in.peek().at;
    return this.#in.rule(
      'optExpr',
      next,
      () => {
        this.#in.sync(firstOptional);
        const isOptional = this.#in.peek().kind === "'?'";
        if (isOptional) this.#in.match("'?'", firstFollow);
        return { isOptional, node: this.#expr(follow([], true)) };
      },
      () => ({ isOptional: false, node: { kind: 'broken', at } as Node }),
    );
  }

  #literal(): Node {
    const start = this.#in.peek();
    if (start.kind === "'-'") this.#in.match("'-'", follow(['NUM_INT', 'NUM_FLOAT']));
    const token = this.#in.peek();
    if (!literalKinds.includes(token.kind) || token.kind === "'-'") throw this.#in.noAlternative(token);
    this.#in.match(token.kind, follow([], true));
    const node = literalOf(token, start.kind === "'-'", start.at);
    if (typeof node !== 'string') return node;
    this.#issues.push({ at: start.at, message: node });
    return { kind: 'broken', at: start.at };
  }
}
