import type { Issue } from './source.ts';
import { showText, type Token, tokenKinds } from './tokens.ts';

// A parser that goes on after an error, as ANTLR's generated parsers do, so that the same text gets the same messages:
// a token too many is skipped, one too few is taken as there, else the rule ends and tokens are dropped up to one that
// some rule around it waits for. Source: "The Definitive ANTLR 4 Reference", chapter on error reporting and recovery.

/** Tokens that a rule waits for after a part; `ends` when the rule may end there. */
export interface Follow {
  readonly kinds: ReadonlySet<string>;
  readonly ends: boolean;
}

export function follow(kinds: Iterable<string>, ends = false): Follow {
  return { kinds: new Set(kinds), ends };
}

/** Ends the rule it is thrown in. */
export class SyntaxFault extends Error {
  readonly detail: string;

  constructor(detail: string) {
    super(detail);
    this.detail = detail;
  }
}

/** Ends parsing. */
export class ParseLimit extends Error {}

// As in cel-go: rounds of recovery before the parser gives up, and how deep expressions may be nested.
const maxRecoveries = 30;
const maxDepth = 250;

/** The tokens of an expression and the state of recovery. */
export class TokenReader {
  readonly #points: readonly string[];
  readonly #tokens: readonly Token[];
  readonly #issues: Issue[];
  readonly #frames: Follow[] = [];
  #position = 0;
  #isRecovering = false;
  #recoveries = 0;
  #depth = 0;
  #lastError: { position: number; rules: Set<string> } | undefined;

  constructor(points: readonly string[], tokens: readonly Token[], issues: Issue[]) {
    this.#points = points;
    this.#tokens = tokens;
    this.#issues = issues;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#position + ahead, this.#tokens.length - 1)] as Token;
  }

  /** Takes a token of a kind. What `next` says may come after it decides whether a missing one is taken as there. */
  match(kind: string, next: Follow): Token {
    const token = this.peek();
    if (token.kind === kind) {
      this.#isRecovering = false;
      return this.#take();
    }
    this.#countRecovery();
    if (this.peek(1).kind === kind) {
      this.#report(`extraneous input ${this.#shown(token)} expecting ${kind}`);
      this.#take();
      this.#isRecovering = false;
      return this.#take();
    }
    if (this.#mayFollow(next, token.kind)) {
      this.#report(`missing ${kind} at ${this.#shown(token)}`);
      return { kind, text: '', at: token.at, end: token.at };
    }
    throw new SyntaxFault(`mismatched input ${this.#shown(token)} expecting ${kind}`);
  }

  /** Before a choice: the next token is one of `kinds`, or the one after it is and it is skipped. */
  sync(kinds: ReadonlySet<string>): void {
    const token = this.peek();
    if (this.#isRecovering || kinds.has(token.kind)) return;
    const list = listKinds(kinds);
    if (kinds.has(this.peek(1).kind)) {
      this.#report(`extraneous input ${this.#shown(token)} expecting ${list}`);
      this.#take();
      this.#isRecovering = false;
      return;
    }
    throw new SyntaxFault(`mismatched input ${this.#shown(token)} expecting ${list}`);
  }

  /** Inside a repetition: tokens that are none of `kinds` are skipped. */
  syncLoop(kinds: ReadonlySet<string>): void {
    if (this.#isRecovering || kinds.has(this.peek().kind)) return;
    this.#report(`extraneous input ${this.#shown(this.peek())} expecting ${listKinds(kinds)}`);
    this.#skipTo(kinds);
  }

  /** No way to read on from `start`. */
  noAlternative(start: Token): SyntaxFault {
    const end = this.peek(1);
    const text = this.#points.slice(start.at, end.kind === '<EOF>' ? end.at : end.end).join('');
    // The words of cel-go for a reserved word in the place of a field.
    const word = /^.(true|false|null)$/.exec(text);
    if (word !== null) return new SyntaxFault(`mismatched input '${word[1]}' expecting IDENTIFIER`);
    return new SyntaxFault(`no viable alternative at input '${showText(text)}'`);
  }

  /** Runs a rule; `next` is what its caller waits for after it. After a fault in it, it gives `broken`. */
  rule<T>(name: string, next: Follow, run: () => T, broken: () => T): T {
    this.#frames.push(next);
    try {
      return run();
    } catch (fault) {
      if (!(fault instanceof SyntaxFault)) throw fault;
      const at = fault.detail.startsWith('no viable') || fault.detail.endsWith('expecting IDENTIFIER') ? 1 : 0;
      this.#report(fault.detail, this.peek(this.peek(at).kind === '<EOF>' && at === 1 ? 1 : at));
      this.#recover(name);
      return broken();
    } finally {
      this.#frames.pop();
    }
  }

  /** One level deeper. @throws {ParseLimit} */
  nested<T>(run: () => T): T {
    if (++this.#depth > maxDepth) throw new ParseLimit(`expression recursion limit exceeded: ${maxDepth}`);
    try {
      return run();
    } finally {
      this.#depth--;
    }
  }

  #take(): Token {
    const token = this.peek();
    if (this.#position < this.#tokens.length - 1) this.#position++;
    return token;
  }

  #mayFollow(next: Follow, kind: string): boolean {
    if (next.kinds.has(kind)) return true;
    if (!next.ends) return false;
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i] as Follow;
      if (frame.kinds.has(kind)) return true;
      if (!frame.ends) return false;
    }
    return false;
  }

  #recover(rule: string): void {
    this.#countRecovery();
    if (this.#lastError?.position === this.#position && this.#lastError.rules.has(rule)) this.#take();
    if (this.#lastError?.position !== this.#position) this.#lastError = { position: this.#position, rules: new Set() };
    this.#lastError.rules.add(rule);
    this.#skipTo(new Set());
  }

  #skipTo(kinds: ReadonlySet<string>): void {
    const isAwaited = (kind: string): boolean => kinds.has(kind) || this.#frames.some((frame) => frame.kinds.has(kind));
    while (this.peek().kind !== '<EOF>' && !isAwaited(this.peek().kind)) this.#take();
  }

  #countRecovery(): void {
    if (this.#recoveries++ < maxRecoveries) return;
    throw new ParseLimit(`Syntax error: error recovery attempt limit exceeded: ${maxRecoveries}`);
  }

  #report(detail: string, token = this.peek()): void {
    if (this.#isRecovering) return;
    this.#isRecovering = true;
    this.#issues.push({ at: token.at, message: `Syntax error: ${detail}` });
  }

  #shown(token: Token): string {
    return `'${showText(token.text)}'`;
  }
}

function listKinds(kinds: ReadonlySet<string>): string {
  const known: readonly string[] = tokenKinds;
  const sorted = [...kinds].sort((a, b) => known.indexOf(a) - known.indexOf(b));
  return sorted.length === 1 ? (sorted[0] as string) : `{${sorted.join(', ')}}`;
}
