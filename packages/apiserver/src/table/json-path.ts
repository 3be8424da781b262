import { isObject } from '../json.ts';

/** One step of a path. */
type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'index'; readonly at: number }
  | { readonly kind: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: 'filter'; readonly path: readonly Step[]; readonly op: string; readonly value: unknown }
  | { readonly kind: 'descend'; readonly name: string };

const cache = new Map<string, readonly Step[] | undefined>();

/**
 * Evaluates a simple JSONPath as in `additionalPrinterColumns`: `.status.conditions[?(@.type=="Ready")].status`.
 *
 * @returns Every value found; none for a path that does not parse.
 */
export function evaluateJsonPath(path: string, value: unknown): unknown[] {
  let steps = cache.get(path);
  if (steps === undefined && !cache.has(path)) {
    steps = parse(path);
    if (cache.size < 4096) cache.set(path, steps);
  }
  return steps === undefined ? [] : run(steps, [value]);
}

function run(steps: readonly Step[], start: readonly unknown[]): unknown[] {
  let found: unknown[] = [...start];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of found) apply(step, value, next);
    found = next;
  }
  return found;
}

function apply(step: Step, value: unknown, out: unknown[]): void {
  switch (step.kind) {
    case 'field':
      if (isObject(value) && Object.hasOwn(value, step.name)) out.push(value[step.name]);
      return;
    case 'wildcard':
      if (Array.isArray(value)) out.push(...value);
      else if (isObject(value))
        out.push(
          ...Object.keys(value)
            .sort()
            .map((key) => value[key]),
        );
      return;
    case 'index': {
      if (!Array.isArray(value)) return;
      const at = step.at < 0 ? value.length + step.at : step.at;
      if (at >= 0 && at < value.length) out.push(value[at]);
      return;
    }
    case 'slice':
      if (Array.isArray(value)) out.push(...value.slice(step.from, step.to));
      return;
    case 'filter':
      for (const item of Array.isArray(value) ? value : []) {
        const left = run(step.path, [item]);
        if (left.length > 0 && (step.op === '' || left.some((each) => compare(each, step.op, step.value))))
          out.push(item);
      }
      return;
    case 'descend':
      descend(step.name, value, out);
  }
}

function descend(name: string, value: unknown, out: unknown[]): void {
  if (Array.isArray(value)) for (const item of value) descend(name, item, out);
  else if (isObject(value)) {
    if (Object.hasOwn(value, name)) out.push(value[name]);
    for (const key in value) descend(name, value[key], out);
  }
}

function compare(left: unknown, op: string, right: unknown): boolean {
  switch (op) {
    case '==':
      return left === right || String(left) === String(right);
    case '!=':
      return left !== right && String(left) !== String(right);
    case '<':
      return Number(left) < Number(right);
    case '<=':
      return Number(left) <= Number(right);
    case '>':
      return Number(left) > Number(right);
    case '>=':
      return Number(left) >= Number(right);
    default:
      return false;
  }
}

function parse(text: string): readonly Step[] | undefined {
  let path = text.trim();
  if (path.startsWith('{') && path.endsWith('}')) path = path.slice(1, -1);
  if (path.startsWith('$') || path.startsWith('@')) path = path.slice(1);
  const steps: Step[] = [];
  let at = 0;
  while (at < path.length) {
    if (path.startsWith('..', at)) {
      const name = readName(path, at + 2);
      if (name.text === '') return undefined;
      steps.push({ kind: 'descend', name: name.text });
      at = name.end;
    } else if (path[at] === '.') {
      if (path[at + 1] === '*') {
        steps.push({ kind: 'wildcard' });
        at += 2;
        continue;
      }
      const name = readName(path, at + 1);
      if (name.text !== '') steps.push({ kind: 'field', name: name.text });
      else if (name.end < path.length && path[name.end] !== '[') return undefined;
      at = name.end;
    } else if (path[at] === '[') {
      const end = closing(path, at);
      if (end < 0) return undefined;
      const step = parseBracket(path.slice(at + 1, end).trim());
      if (step === undefined) return undefined;
      steps.push(step);
      at = end + 1;
    } else if (at === 0) {
      const name = readName(path, 0);
      if (name.text === '') return undefined;
      steps.push({ kind: 'field', name: name.text });
      at = name.end;
    } else return undefined;
  }
  return steps;
}

/** A name up to the next dot or bracket; a backslash keeps the dot in. */
function readName(path: string, from: number): { text: string; end: number } {
  let text = '';
  let at = from;
  for (; at < path.length && path[at] !== '.' && path[at] !== '['; at++) {
    if (path[at] === '\\' && at + 1 < path.length) at++;
    text += path[at];
  }
  return { text, end: at };
}

function closing(path: string, open: number): number {
  let quote = '';
  let depth = 0;
  for (let i = open; i < path.length; i++) {
    const c = path[i]!;
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '[') depth++;
    else if (c === ']' && --depth === 0) return i;
  }
  return -1;
}

function parseBracket(text: string): Step | undefined {
  if (text === '*') return { kind: 'wildcard' };
  if (/^-?\d+$/.test(text)) return { kind: 'index', at: Number(text) };
  const slice = /^(-?\d*):(-?\d*)$/.exec(text);
  if (slice !== null) {
    return {
      kind: 'slice',
      from: slice[1] === '' ? undefined : Number(slice[1]),
      to: slice[2] === '' ? undefined : Number(slice[2]),
    };
  }
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted !== null) return { kind: 'field', name: quoted[2]! };
  const filter = /^\?\((.*)\)$/s.exec(text);
  if (filter === null) return undefined;
  const condition = /^\s*(@[^=!<>\s]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*$/s.exec(filter[1]!);
  if (condition === null) return undefined;
  const path = parse(condition[1]!);
  if (path === undefined) return undefined;
  return { kind: 'filter', path, op: condition[2] ?? '', value: literal(condition[3] ?? '') };
}

function literal(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted !== null) return quoted[2];
  if (text === 'true') return true;
  if (text === 'false') return false;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
