import type { CallNode, Node } from './ast.ts';
import type { Checked } from './checker.ts';
import type { Issue } from './source.ts';
import { runtimeName } from './types.ts';

// `'%s has %d'.format([a, b])`: a literal text against the types of a literal list. Source: CEL's strings extension, "Format".

interface Clause {
  /** Scalars that it takes; undefined for all but objects and types of libraries. */
  readonly takes?: readonly string[];
  readonly complaint: string;
}

const whole = ['int', 'uint'];
const hexadecimal: Clause = {
  takes: [...whole, 'string', 'bytes'],
  complaint: 'only integers, byte buffers, and strings can be formatted as hex',
};

const clauses: { readonly [letter: string]: Clause } = {
  s: {
    complaint:
      'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  },
  d: { takes: whole, complaint: 'decimal clause can only be used on integers' },
  f: { takes: ['double', 'string'], complaint: 'fixed-point clause can only be used on doubles' },
  e: { takes: ['double', 'string'], complaint: 'scientific clause can only be used on doubles' },
  b: { takes: [...whole, 'bool'], complaint: 'only integers and bools can be formatted as binary' },
  o: { takes: whole, complaint: 'octal clause can only be used on integers' },
  x: hexadecimal,
  X: hexadecimal,
};

/** The first problem of a call of `format`, if both its text and its list are literals. */
export function checkFormat(call: CallNode, checked: Checked): Issue | undefined {
  const { args, target } = call;
  const list = args[0];
  if (call.name !== 'format' || target?.kind !== 'literal' || target.type !== 'string') return undefined;
  if (args.length !== 1 || list?.kind !== 'list') return undefined;
  const text = String(target.value);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '%') continue;
    i++;
    if (text[i] === '%') continue;
    const item = list.items[count++];
    if (text[i] === undefined) return { at: call.at, message: 'unexpected end of string' };
    if (item === undefined) return { at: call.at, message: `index ${count - 1} out of range` };
    const precision = /^\.\d*/.exec(text.slice(i));
    i += precision?.[0].length ?? 0;
    const problem = clauseProblem(text[i], precision?.[0].slice(1), item, checked);
    if (problem !== undefined) return { at: problem.at ?? call.at, message: problem.message };
  }
  if (list.items.length <= count) return undefined;
  const given = `(expected ${count}, got ${list.items.length})`;
  return { at: call.at, message: `too many arguments supplied to string.format ${given}` };
}

function clauseProblem(
  letter: string | undefined,
  precision: string | undefined,
  item: Node,
  checked: Checked,
): { at?: number; message: string } | undefined {
  const parsing = 'could not parse formatting clause';
  if (letter === undefined) {
    return { message: `${parsing}: error while parsing precision: could not find end of precision specifier` };
  }
  if (precision === '') {
    const why = 'error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax';
    return { message: `${parsing}: error while parsing precision: ${why}` };
  }
  const clause = Object.hasOwn(clauses, letter) ? clauses[letter] : undefined;
  if (clause === undefined) return { message: `${parsing}: unrecognized formatting clause "${letter}"` };
  const bad = misfit(clause, item, checked);
  if (bad === undefined) return undefined;
  const given = runtimeName(checked.typeOf(bad));
  return { at: bad.at, message: `error during formatting: ${clause.complaint}, was given ${given}` };
}

/** The item, or the part of a literal in it, that a clause cannot print. */
function misfit(clause: Clause, item: Node, checked: Checked): Node | undefined {
  const type = checked.typeOf(item);
  if (type.kind === 'dyn') return undefined;
  if (clause.takes !== undefined) {
    return type.kind === 'scalar' && clause.takes.includes(type.name) ? undefined : item;
  }
  if (type.kind === 'struct' || type.kind === 'opaque') return item;
  const parts =
    item.kind === 'list'
      ? item.items
      : item.kind === 'map'
        ? item.entries.flatMap((entry) => [entry.key, entry.value])
        : [];
  for (const part of parts) {
    const bad = misfit(clause, part, checked);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
