import { cloneJson, getField, goQuote, isObject, jsonEqual } from '@fluvial/go-text';
import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { MergeError } from './errors.ts';

export interface JsonPatchOptions {
  /** Most operations in one patch. Default 10000, as the API server's. */
  readonly maxOperations?: number;
  /** Most values that `copy` may add in total, a guard against patches that double a document. Default 1_000_000. */
  readonly maxCopied?: number;
}

const defaultMaxOperations = 10_000;
const defaultMaxCopied = 1_000_000;
// fast-json-patch checks operations and paths; it never meets a path that is not there, the messages for those are ours.
const { applyOperation, escapePathComponent, JsonPatchError, unescapePathComponent } = fastJsonPatch;

/**
 * Applies an RFC 6902 patch to a copy of `doc` and returns it. The leniencies of the implementation in Kubernetes and
 * kustomize (evanphx/json-patch v4) hold: a negative index counts from the end of the array, `test` of a missing field
 * against null succeeds, and `replace` may set a field that is not there.
 *
 * @throws {MergeError} `PATCH_INVALID`, `PATCH_FAILED`, `PATCH_TEST_FAILED`, `PATCH_TOO_LARGE`
 */
export function applyJsonPatch(doc: unknown, ops: unknown, options: JsonPatchOptions = {}): unknown {
  const { maxOperations = defaultMaxOperations, maxCopied = defaultMaxCopied } = options;
  if (!Array.isArray(ops)) throw new MergeError('PATCH_INVALID', 'a JSON patch has to be a list of operations');
  if (ops.length > maxOperations) {
    throw new MergeError(
      'PATCH_TOO_LARGE',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${ops.length}`,
    );
  }
  const run = { doc: cloneJson(doc), copyBudget: maxCopied };
  for (const op of ops as unknown[]) applyOne(run, op);
  return run.doc;
}

interface Run {
  doc: unknown;
  copyBudget: number;
}

function applyOne(run: Run, op: unknown): void {
  if (!isObject(op)) throw new MergeError('PATCH_INVALID', 'a JSON patch operation has to be an object');
  const name = op['op'];
  const path = op['path'];
  if (typeof path !== 'string') throw new MergeError('PATCH_INVALID', 'operation missing path field: missing value');
  switch (name) {
    case 'add': {
      const target = locate(run.doc, path);
      if (target === undefined) throw missingPath('add', `"${path}"`);
      perform(run, { op: 'add', path: target.insertAt('add'), value: valueIn(op) });
      return;
    }
    case 'remove': {
      const target = locate(run.doc, path);
      if (target === undefined) throw missingPath('remove', `"${path}"`);
      if (!target.exists) throw noSuchEntry(`remove for path: '${path}'`, target);
      perform(run, { op: 'remove', path: target.pointer });
      return;
    }
    case 'replace': {
      if (path === '') {
        run.doc = valueIn(op);
        return;
      }
      const target = locate(run.doc, path);
      if (target === undefined) throw missingPath('replace', path);
      if (!target.exists && target.inArray) {
        throw new MergeError(
          'PATCH_FAILED',
          `replace operation does not apply: doc is missing key: ${path}: missing value`,
        );
      }
      perform(run, { op: target.exists ? 'replace' : 'add', path: target.pointer, value: valueIn(op) });
      return;
    }
    case 'test':
      test(run.doc, path, Object.hasOwn(op, 'value') ? op['value'] : null);
      return;
    case 'move':
    case 'copy':
      transfer(run, name, path, op['from']);
      return;
    default:
      throw new MergeError('PATCH_INVALID', `Unexpected kind: ${typeof name === 'string' ? name : 'unknown'}`);
  }
}

function test(doc: unknown, path: string, expected: unknown): void {
  if (path === '') {
    if (jsonEqual(doc, expected)) return;
    throw new MergeError('PATCH_TEST_FAILED', 'testing value  failed: test failed');
  }
  const target = locate(doc, path);
  if (target === undefined) {
    throw new MergeError('PATCH_FAILED', `test operation does not apply: is missing path: ${path}: missing value`);
  }
  if (!target.exists && target.inArray) throw noSuchEntry(`test for path: '${path}'`, target);
  if (!jsonEqual(target.exists ? target.value : null, expected)) {
    throw new MergeError('PATCH_TEST_FAILED', `testing value ${path} failed: test failed`);
  }
}

function transfer(run: Run, name: 'move' | 'copy', path: string, from: unknown): void {
  if (typeof from !== 'string') throw new MergeError('PATCH_INVALID', 'operation, missing from field: missing value');
  const source = locate(run.doc, from);
  if (source === undefined) {
    throw new MergeError(
      'PATCH_FAILED',
      `${name} operation does not apply: doc is missing from path: ${from}: missing value`,
    );
  }
  // A copied field that is not there is null.
  if (!source.exists && (name === 'move' || source.inArray))
    throw noSuchEntry(name === 'move' ? `move for path: '${source.key}'` : `copy for from: '${from}'`, source);
  if (name === 'move') perform(run, { op: 'remove', path: source.pointer });
  else spendCopy(run, source.value);
  const target = locate(run.doc, path);
  if (target === undefined) {
    throw new MergeError(
      'PATCH_FAILED',
      `${name} operation does not apply: doc is missing destination path: ${path}: missing value`,
    );
  }
  const value = name === 'move' ? source.value : cloneJson(source.value ?? null);
  perform(run, { op: 'add', path: target.insertAt(name), value });
}

function spendCopy(run: Run, value: unknown): void {
  run.copyBudget--;
  if (run.copyBudget < 0) throw new MergeError('PATCH_TOO_LARGE', 'copy operations add more values than allowed');
  if (Array.isArray(value)) for (const item of value) spendCopy(run, item);
  else if (isObject(value)) for (const key in value) spendCopy(run, value[key]);
}

function perform(run: Run, operation: Operation): void {
  try {
    run.doc = applyOperation(run.doc, operation, true, true, true).newDocument;
  } catch (cause) {
    const code = cause instanceof JsonPatchError || cause instanceof TypeError ? 'PATCH_INVALID' : 'PATCH_FAILED';
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new MergeError(code, `${operation.op} operation does not apply to ${operation.path}: ${reason}`, { cause });
  }
}

function valueIn(op: { [key: string]: unknown }): unknown {
  if (!Object.hasOwn(op, 'value'))
    throw new MergeError('PATCH_INVALID', 'operation, missing value field: missing value');
  return cloneJson(op['value']);
}

interface Target {
  /** Pointer with negative indexes resolved. */
  readonly pointer: string;
  readonly inArray: boolean;
  readonly exists: boolean;
  readonly value: unknown;
  readonly key: string;
  /** Pointer at which a value can be inserted. */
  insertAt(operation: string): string;
}

/** The place a pointer names, or undefined when its parent is not there; the whole document has none. */
function locate(doc: unknown, path: string): Target | undefined {
  if (!path.startsWith('/')) return undefined;
  const parts = path.split('/').slice(1).map(unescapePathComponent);
  let parent: unknown = doc;
  let prefix = '';
  for (const part of parts.slice(0, -1)) {
    if (Array.isArray(parent)) {
      const index = indexOf(part, parent.length);
      if (index === undefined || index >= parent.length) return undefined;
      parent = parent[index];
      prefix += `/${index}`;
    } else if (isObject(parent)) {
      parent = getField(parent, part);
      prefix += `/${escapePathComponent(part)}`;
    }
    if (typeof parent !== 'object' || parent === null) return undefined;
  }
  const key = parts[parts.length - 1] ?? '';
  return Array.isArray(parent) ? inArray(parent, prefix, key, path) : inObject(parent, prefix, key);
}

function inObject(parent: unknown, prefix: string, key: string): Target | undefined {
  if (!isObject(parent)) return undefined;
  const pointer = `${prefix}/${escapePathComponent(key)}`;
  const value = getField(parent, key);
  return { pointer, inArray: false, exists: value !== undefined, value, key, insertAt: () => pointer };
}

function inArray(parent: readonly unknown[], prefix: string, key: string, path: string): Target {
  const index = indexOf(key, parent.length);
  const exists = index !== undefined && index < parent.length;
  return {
    pointer: `${prefix}/${index ?? key}`,
    inArray: true,
    exists,
    value: exists ? parent[index] : undefined,
    key,
    insertAt: (operation) => {
      if (key === '-') return `${prefix}/-`;
      // Counted in the array as it will be: -1 appends.
      const at = indexOf(key, parent.length + 1);
      if (at !== undefined && at <= parent.length) return `${prefix}/${at}`;
      throw insertError(operation, path, key);
    },
  };
}

/** An index from the start, or undefined for what is no index of an array of this length. */
function indexOf(key: string, length: number): number | undefined {
  if (!/^(-?[1-9]\d{0,8}|0)$/.test(key)) return undefined;
  const index = Number(key);
  if (index >= 0) return index;
  return index + length >= 0 ? index + length : undefined;
}

function noSuchEntry(where: string, target: Target): MergeError {
  const reason = target.inArray
    ? indexProblem(target.key)
    : `Unable to remove nonexistent key: ${target.key}: missing value`;
  return new MergeError('PATCH_FAILED', `error in ${where}: ${reason}`);
}

function indexProblem(key: string): string {
  if (/^[+-]?\d+$/.test(key)) return `Unable to access invalid index: ${Number(key)}: invalid index referenced`;
  return `strconv.Atoi: parsing ${goQuote(key)}: invalid syntax`;
}

function insertError(operation: string, path: string, key: string): MergeError {
  const problem = indexProblem(key);
  const reason = problem.startsWith('strconv') ? `value was not a proper array index: '${key}': ${problem}` : problem;
  const where =
    operation === 'copy' ? 'error while adding value during copy' : `error in ${operation} for path: '${path}'`;
  return new MergeError('PATCH_FAILED', `${where}: ${reason}`);
}

function missingPath(operation: string, path: string): MergeError {
  return new MergeError(
    'PATCH_FAILED',
    `${operation} operation does not apply: doc is missing path: ${path}: missing value`,
  );
}
