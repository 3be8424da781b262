import { posix } from 'node:path';
import type { Loader } from '../context.ts';
import type { GeneratorSpec } from '../kustomization.ts';
import { KustomizeError } from '../types.ts';

export interface Pair {
  readonly key: string;
  readonly value: Uint8Array;
}

const MAX_ENV_LINE = 64 * 1024;

/** Reads what a generator's sources hold: env files, then literals, then files. @throws {KustomizeError} */
export function loadPairs(spec: GeneratorSpec, loader: Loader): Pair[] {
  const pairs: Pair[] = [];
  const seen = new Set<string>();
  const add = (key: string, value: Uint8Array): void => {
    if (seen.has(key)) {
      throw new RepeatedKeyError('TRANSFORM_FAILED', `configmap ${spec.name} illegally repeats the key \`${key}\``);
    }
    seen.add(key);
    pairs.push({ key, value });
  };
  const load = (): void => {
    for (const path of spec.envs ?? []) for (const { key, value } of readEnvFile(path, loader)) add(key, value);
  };
  within('env source files:', spec.envs, load);
  within('literal sources', spec.literals, () => {
    for (const literal of spec.literals ?? []) {
      const { key, value } = parseLiteral(literal);
      add(key, Buffer.from(value));
    }
  });
  within('file sources:', spec.files, () => {
    for (const source of spec.files ?? []) {
      const { key, path } = parseFileSource(source);
      add(key, readSource(path, loader));
    }
  });
  return pairs;
}

/** Raised apart from reading: the original does not say where it read. */
export class RepeatedKeyError extends KustomizeError {}

function within(what: string, sources: readonly string[] | undefined, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof RepeatedKeyError) throw error;
    throw new KustomizeError(
      error instanceof KustomizeError ? error.code : 'TRANSFORM_FAILED',
      `${what} [${(sources ?? []).join(' ')}]: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function readSource(path: string, loader: Loader): Uint8Array {
  try {
    return loader.readFile(path).bytes;
  } catch (error) {
    if (error instanceof KustomizeError) throw error;
    throw new KustomizeError('TRANSFORM_FAILED', (error as Error).message, { cause: error });
  }
}

function parseLiteral(source: string): { key: string; value: string } {
  const at = source.indexOf('=');
  if (at <= 0) throw new KustomizeError('TRANSFORM_FAILED', `invalid literal source ${source}, expected key=value`);
  let value = source.slice(at + 1);
  const quote = value.charAt(0);
  if (value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote)) value = value.slice(1, -1);
  return { key: source.slice(0, at), value };
}

function parseFileSource(source: string): { key: string; path: string } {
  const parts = source.split('=');
  if (parts.length === 1) return { key: posix.basename(source), path: source };
  if (parts.length > 2) {
    throw new KustomizeError('TRANSFORM_FAILED', `source "${source}" key name or file path contains '='`);
  }
  const [key, path] = parts as [string, string];
  if (key === '')
    throw new KustomizeError('TRANSFORM_FAILED', `missing key name for file path "${path}" in source "${source}"`);
  if (path === '')
    throw new KustomizeError('TRANSFORM_FAILED', `missing file path for key name "${key}" in source "${source}"`);
  return { key, path };
}

function readEnvFile(path: string, loader: Loader): Pair[] {
  const bytes = readSource(path, loader);
  const pairs: Pair[] = [];
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  while (from < bytes.length) {
    let end = bytes.indexOf(10, from);
    if (end === -1) end = bytes.length;
    let line = bytes.subarray(from, end);
    from = end + 1;
    if (line.length >= MAX_ENV_LINE) break;
    if (line.at(-1) === 13) line = line.subarray(0, -1);
    let text: string;
    try {
      text = utf8.decode(line);
    } catch (cause) {
      throw new KustomizeError(
        'TRANSFORM_FAILED',
        `line [${line.join(' ')}] has invalid utf8 bytes : ${Buffer.from(line).toString('utf8')}`,
        { cause },
      );
    }
    text = text.replace(/^[\s\u0085]+/u, '');
    if (text === '' || text.startsWith('#')) continue;
    const at = text.indexOf('=');
    const key = at === -1 ? text : text.slice(0, at);
    pairs.push({ key, value: Buffer.from(at === -1 ? '' : text.slice(at + 1)) });
  }
  return pairs;
}
