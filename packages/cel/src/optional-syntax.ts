import { CelError } from './errors.ts';

// The library's grammar has no optional syntax. Expressions that use it are rewritten before parsing, token by token:
//   a.?b           -> @opt_select(a, "b")        and what follows in the chain selects optionally, too
//   a[?k]          -> @opt_index(a, k)
//   [?x, y]        -> @opt_list([x], [0])        (indexes of the optional items)
//   {?k: v}        -> @opt_map({k: v}, [k])
//   o.optMap(v, e) -> @opt_join(@opt_items(o).map(v, e))
// Source: CEL's optional values, github.com/google/cel-spec/wiki/proposal-246.

export const optSelect = 'opt__select';
export const optIndex = 'opt__index';
export const optList = 'opt__list';
export const optMap = 'opt__map';
export const optItems = 'opt__items';
export const optJoin = 'opt__join';
export const optFlatJoin = 'opt__flat_join';

const token =
  /\s+|\/\/[^\n]*|(?:[rR][bB]?|[bB][rR]?)?(?:"""(?:\\[\s\S]|(?!""")[\s\S])*"""|'''(?:\\[\s\S]|(?!''')[\s\S])*'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|0[xX][0-9a-fA-F]+[uU]?|\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?[uU]?|[A-Za-z_][A-Za-z0-9_]*|&&|\|\||==|!=|<=|>=|[\s\S]/gy;

/** Rewrites optional syntax to plain calls; text without any comes back as it is. */
export function rewriteOptionals(text: string): string {
  if (!/\?|\boptMap\b|\boptFlatMap\b|\b(?:first|last)\b/.test(text)) return withoutComments(text);
  const tokens = (text.match(token) ?? []).filter((part) => !/^(\s|\/\/)/.test(part));
  const parser = new Rewriter(tokens);
  const out = parser.expression(0, undefined);
  parser.expectEnd();
  return out;
}

/** The library's grammar has no comments either. */
function withoutComments(text: string): string {
  if (!text.includes('//')) return text;
  return (text.match(token) ?? []).map((part) => (part.startsWith('//') ? '' : part)).join('');
}

interface Chain {
  text: string;
  /** An optional value so far: plain selections go on optionally. */
  optional: boolean;
}

const closers: { readonly [open: string]: string } = { '(': ')', '[': ']', '{': '}' };

/** Walks the tokens, copying all but the optional parts. States: a position that only moves forward. */
class Rewriter {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  #peek(ahead = 0): string | undefined {
    return this.#tokens[this.#at + ahead];
  }

  #next(): string {
    const current = this.#tokens[this.#at];
    if (current === undefined) throw new CelError('PARSE', 'unexpected end of expression');
    this.#at++;
    return current;
  }

  expectEnd(): void {
    const rest = this.#peek();
    if (rest !== undefined) throw new CelError('PARSE', `unexpected ${rest}`);
  }

  /** Everything up to one of `stops` at this level (or the end). */
  expression(depth: number, stops: ReadonlySet<string> | undefined): string {
    // Deeper nesting than any real expression has; keeps hostile input off the stack.
    if (depth > 200) throw new CelError('PARSE', 'expression is nested deeper than 200');
    let out = '';
    for (;;) {
      const current = this.#peek();
      if (current === undefined || stops?.has(current)) return out;
      if (isOperand(current)) out = join(out, this.#chain(depth));
      else if (current === ')' || current === ']' || current === '}') return out;
      else out = join(out, this.#next());
    }
  }

  #chain(depth: number): string {
    const chain: Chain = { text: this.#primary(depth), optional: false };
    for (;;) {
      const current = this.#peek();
      if (current === '.') this.#member(chain, depth);
      else if (current === '[') this.#index(chain, depth);
      else if (current === '(') chain.text += this.#group(depth);
      else if (current === '{' && /^[A-Za-z_.]/.test(chain.text)) chain.text += this.#group(depth);
      else return chain.text;
    }
  }

  #primary(depth: number): string {
    const current = this.#peek();
    if (current === '(') return this.#group(depth);
    if (current === '[') return this.#list(depth);
    if (current === '{') return this.#map(depth);
    return this.#next();
  }

  /** A bracketed part, its content rewritten. */
  #group(depth: number): string {
    const open = this.#next();
    const close = closers[open] ?? '';
    let out = open;
    for (;;) {
      out += this.expression(depth + 1, new Set([',', ':', close]));
      const end = this.#next();
      out += end;
      if (end === close) return out;
      if (end !== ',' && end !== ':') throw new CelError('PARSE', `unexpected ${end}`);
    }
  }

  #member(chain: Chain, depth: number): void {
    this.#next();
    const optional = this.#peek() === '?';
    if (optional) this.#next();
    const name = this.#next();
    if (!/^[A-Za-z_]/.test(name)) throw new CelError('PARSE', `unexpected ${name} after .`);
    if (this.#peek() === '(' && !optional) {
      this.#call(chain, name, depth);
    } else if (optional || chain.optional) {
      chain.text = `${optSelect}(${chain.text}, ${JSON.stringify(name)})`;
      chain.optional = true;
    } else {
      chain.text += `.${name}`;
    }
  }

  #call(chain: Chain, name: string, depth: number): void {
    const group = this.#group(depth);
    if (name === 'optMap' || name === 'optFlatMap') {
      const wrapper = name === 'optMap' ? optJoin : optFlatJoin;
      chain.text = `${wrapper}(${optItems}(${chain.text}).map${group})`;
      chain.optional = true;
    } else {
      chain.text += `.${name}${group}`;
      const makes = chain.text.startsWith('optional.') && ['of', 'none', 'ofNonZeroValue'].includes(name);
      const isEnd = (name === 'first' || name === 'last') && group === '()';
      chain.optional = makes || isEnd || (chain.optional && name === 'or');
    }
  }

  #index(chain: Chain, depth: number): void {
    this.#next();
    const optional = this.#peek() === '?';
    if (optional) this.#next();
    const index = this.expression(depth + 1, new Set([']']));
    if (this.#next() !== ']') throw new CelError('PARSE', 'expected ]');
    if (optional || chain.optional) {
      chain.text = `${optIndex}(${chain.text}, ${index})`;
      chain.optional = true;
    } else {
      chain.text += `[${index}]`;
    }
  }

  #list(depth: number): string {
    this.#next();
    const items: string[] = [];
    const optional: number[] = [];
    while (this.#peek() !== ']') {
      if (this.#peek() === '?') {
        this.#next();
        optional.push(items.length);
      }
      items.push(this.expression(depth + 1, new Set([',', ']'])));
      if (this.#peek() === ',') this.#next();
      else if (this.#peek() !== ']') throw new CelError('PARSE', 'expected ]');
    }
    this.#next();
    const list = `[${items.join(', ')}]`;
    return optional.length === 0 ? list : `${optList}(${list}, [${optional.join(', ')}])`;
  }

  #map(depth: number): string {
    this.#next();
    const entries: string[] = [];
    const optional: string[] = [];
    while (this.#peek() !== '}') {
      const isOptional = this.#peek() === '?';
      if (isOptional) this.#next();
      const key = this.expression(depth + 1, new Set([':', '}']));
      if (this.#next() !== ':') throw new CelError('PARSE', 'expected :');
      const value = this.expression(depth + 1, new Set([',', '}']));
      if (isOptional) optional.push(key);
      entries.push(`${key}: ${value}`);
      if (this.#peek() === ',') this.#next();
      else if (this.#peek() !== '}') throw new CelError('PARSE', 'expected }');
    }
    this.#next();
    const map = `{${entries.join(', ')}}`;
    return optional.length === 0 ? map : `${optMap}(${map}, [${optional.join(', ')}])`;
  }
}

function isOperand(text: string): boolean {
  return /^([A-Za-z_0-9"'([{]|\.\d)/.test(text) && text !== 'in';
}

/** Keeps words apart. */
function join(left: string, right: string): string {
  return left === '' ? right : `${left} ${right}`;
}
