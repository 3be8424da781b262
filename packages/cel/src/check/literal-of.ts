import type { Node } from './ast.ts';
import { literalText, type Token } from './tokens.ts';

/** The literal, or what is wrong with it. */
export function literalOf(token: Token, isNegative: boolean, at: number): Node | string {
  const { text } = token;
  switch (token.kind) {
    case 'NUM_INT': {
      const value = isNegative ? -BigInt(text) : BigInt(text);
      return BigInt.asIntN(64, value) === value ? { kind: 'literal', at, type: 'int', value } : 'invalid int literal';
    }
    case 'NUM_UINT': {
      const value = BigInt(text.slice(0, -1));
      return value < 1n << 64n ? { kind: 'literal', at, type: 'uint', value } : 'invalid uint literal';
    }
    case 'NUM_FLOAT': {
      const value = Number(isNegative ? `-${text}` : text);
      return Number.isFinite(value) ? { kind: 'literal', at, type: 'double', value } : 'invalid double literal';
    }
    case 'STRING':
    case 'BYTES': {
      const value = literalText(text, token.kind === 'BYTES');
      if (value === undefined)
        return token.kind === 'BYTES' ? 'unable to unescape string' : 'invalid unicode code point';
      return { kind: 'literal', at, type: token.kind === 'BYTES' ? 'bytes' : 'string', value };
    }
    case "'null'":
      return { kind: 'literal', at, type: 'null', value: null };
    default:
      return { kind: 'literal', at, type: 'bool', value: token.kind === "'true'" };
  }
}
