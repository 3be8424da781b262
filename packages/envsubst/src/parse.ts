import { EnvsubstError } from './error.ts';

/** How an expression changes the variable's value. */
export type Operation =
  | { readonly kind: 'value' }
  | { readonly kind: 'length' }
  | { readonly kind: 'default'; readonly parts: readonly Part[] }
  | { readonly kind: 'case'; readonly upper: boolean; readonly all: boolean }
  | { readonly kind: 'substring'; readonly args: readonly Part[] }
  | { readonly kind: 'trim'; readonly prefix: boolean; readonly longest: boolean; readonly pattern: Part }
  | { readonly kind: 'replace'; readonly mode: ReplaceMode; readonly from: Part; readonly to: Part | undefined };

export type ReplaceMode = 'first' | 'all' | 'prefix' | 'suffix';

/** Literal text, or an expression. */
export type Part = string | Expression;

export interface Expression {
  readonly name: string;
  readonly operation: Operation;
}

const NAME = /[\p{L}\p{Nd}_]+/uy;
const IN_FUNCTION = 'unable to parse substitution within function';
const BAD = 'bad substitution';

/**
 * Splits a text into literals and expressions.
 *
 *     expression  = "${" ( "#" name | name [ operation ] ) "}"
 *     operation   = ( ":=" | ":-" | ":+" | ":?" | "=" ) { text | expression }
 *                 | ":" arg [ ":" arg ]
 *                 | ( "#" | "##" | "%" | "%%" ) arg
 *                 | ( "/" | "//" | "/#" | "/%" ) arg "/" { "/" } [ arg ]
 *                 | "^" | "^^" | "," | ",,"
 *     arg         = text | expression
 *
 * Outside of expressions `$$` is `$`. A NUL character ends the text.
 *
 * @throws {EnvsubstError} `PARSE`, `LIMIT`.
 */
export function parse(text: string, maxDepth: number): Part[] {
  const end = text.indexOf('\0');
  return new Parser(end === -1 ? text : text.slice(0, end), maxDepth).template();
}

class Parser {
  private readonly text: string;
  private readonly maxDepth: number;
  private at = 0;
  private depth = 0;

  constructor(text: string, maxDepth: number) {
    this.text = text;
    this.maxDepth = maxDepth;
  }

  template(): Part[] {
    const { text } = this;
    const parts: Part[] = [];
    let from = 0;
    for (let dollar = text.indexOf('$'); dollar !== -1; dollar = text.indexOf('$', this.at)) {
      const next = text.charCodeAt(dollar + 1);
      if (next === 36 /* $$ */) {
        parts.push(text.slice(from, dollar + 1));
        from = dollar + 2;
        this.at = from;
        // The brace behind an escaped dollar is text.
        if (text.charCodeAt(from) === 123) this.at++;
      } else if (next === 123 /* ${ */) {
        if (dollar > from) parts.push(text.slice(from, dollar));
        this.at = dollar + 2;
        parts.push(this.expression());
        from = this.at;
      } else {
        this.at = dollar + 1;
      }
    }
    if (from < text.length) parts.push(text.slice(from));
    return parts;
  }

  /** Behind `${`. */
  private expression(): Expression {
    if (++this.depth > this.maxDepth) {
      throw new EnvsubstError('LIMIT', `expressions are nested more than ${this.maxDepth} deep`);
    }
    const result = this.peek() === '#' ? this.length() : this.named();
    this.depth--;
    return result;
  }

  private length(): Expression {
    this.at++;
    const name = this.name();
    if (name === '') this.fail(BAD);
    this.close(BAD);
    return { name, operation: { kind: 'length' } };
  }

  private named(): Expression {
    const name = this.name();
    if (name === '') this.fail('unable to parse variable name');
    return { name, operation: this.operation() };
  }

  private operation(): Operation {
    const operator = this.text.charAt(this.at++);
    switch (operator) {
      case '}':
        return { kind: 'value' };
      case '=':
        return this.fallback();
      case ':': {
        const next = this.peek();
        if (next === '=' || next === '-' || next === '+' || next === '?') {
          this.at++;
          return this.fallback();
        }
        return this.substring();
      }
      case '#':
      case '%': {
        const longest = this.take(operator);
        const pattern = this.argument(false, '}');
        this.close(BAD);
        return { kind: 'trim', prefix: operator === '#', longest, pattern };
      }
      case '/':
        return this.replace();
      case '^':
      case ',': {
        const all = this.take(operator);
        // Two different characters are accepted and change nothing.
        const mixed = !all && (this.take('^') || this.take(','));
        this.close(BAD);
        return mixed ? { kind: 'value' } : { kind: 'case', upper: operator === '^', all };
      }
      default:
        return this.fail('missing closing brace');
    }
  }

  private fallback(): Operation {
    const parts: Part[] = [];
    for (;;) {
      const [literal, stop] = this.run('}');
      if (literal !== '') parts.push(literal);
      if (stop === 'end') this.fail(IN_FUNCTION);
      if (stop === '}') {
        this.at++;
        return { kind: 'default', parts };
      }
      this.at += 2;
      parts.push(this.expression());
    }
  }

  private substring(): Operation {
    if (!(this.text.charCodeAt(this.at) < 128)) this.fail(BAD); // the end, or not ASCII
    const args = [this.argument(false, ':', '}')];
    if (this.take(':')) args.push(this.argument(false, '}'));
    this.close(BAD);
    return { kind: 'substring', args };
  }

  private replace(): Operation {
    const mode: ReplaceMode = this.take('/') ? 'all' : this.take('#') ? 'prefix' : this.take('%') ? 'suffix' : 'first';
    const from = this.argument(true, '/');
    if (!this.take('/')) this.fail(BAD);
    while (this.take('/')); // any number of slashes separates
    if (this.at >= this.text.length) this.fail(IN_FUNCTION);
    const to = this.peek() === '}' ? undefined : this.argument(true, '}');
    this.close(BAD);
    return { kind: 'replace', mode, from, to };
  }

  /** One non-empty text run, or one expression. `escapes`: `\/`, `\\` and `$$` stand for one character. */
  private argument(escapes: boolean, stop: string, otherStop = stop): Part {
    if (this.text.startsWith('${', this.at)) {
      this.at += 2;
      return this.expression();
    }
    const [literal] = escapes ? this.escapedRun(stop) : this.run(stop, otherStop);
    if (literal === '') this.fail(IN_FUNCTION);
    return literal;
  }

  private run(stop: string, otherStop = stop): [string, string] {
    const { text } = this;
    const from = this.at;
    for (; this.at < text.length; this.at++) {
      const char = text.charAt(this.at);
      if (char === stop || char === otherStop) return [text.slice(from, this.at), char];
      if (char === '$' && text.charAt(this.at + 1) === '{') return [text.slice(from, this.at), '$'];
    }
    return [text.slice(from), 'end'];
  }

  private escapedRun(stop: string): [string, string] {
    const { text } = this;
    let literal = '';
    while (this.at < text.length) {
      const char = text.charAt(this.at);
      if (char === stop) return [literal, char];
      const next = text.charAt(this.at + 1);
      if (char === '$' && next === '{') return [literal, '$'];
      const escaped = (char === '\\' && (next === '/' || next === '\\')) || (char === '$' && next === '$');
      literal += escaped ? next : char;
      this.at += escaped ? 2 : 1;
    }
    return [literal, 'end'];
  }

  private name(): string {
    NAME.lastIndex = this.at;
    const match = NAME.exec(this.text);
    if (match === null) return '';
    this.at += match[0].length;
    return match[0];
  }

  private peek(): string {
    return this.text.charAt(this.at);
  }

  private take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at++;
    return true;
  }

  private close(message: string): void {
    if (!this.take('}')) this.fail(message);
  }

  private fail(message: string): never {
    throw new EnvsubstError('PARSE', message);
  }
}
