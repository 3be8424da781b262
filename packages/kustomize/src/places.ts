import { posix } from 'node:path';
import { parseYamlNodes, YamlError, type YamlNode } from '@fluvial/yaml';
import type { Loader } from './context.ts';
import { FileSystemError } from './file-system.ts';
import { KustomizeError, type Origin, type Place } from './types.ts';

/** A kustomization file, for telling where its fields are. */
export interface Placed {
  readonly loader: Loader;
  /** Absolute path. */
  readonly file: string;
  /** Its content, unless an object stands for it. */
  readonly text?: string | undefined;
}

/** The place that an error names, for the error around it. */
export function placeOf(error: unknown): Place {
  if (!(error instanceof KustomizeError)) return {};
  const { file, field, line } = error;
  return { file, field, line };
}

/** Where a resource stands. */
export function placeOfOrigin({ file, line }: Origin): Place {
  return { file, line };
}

/** An error of the file system as one of the build. */
export function fromFileSystem(error: FileSystemError, place: Place = {}): KustomizeError {
  const code = error.code === 'OUTSIDE' || error.code === 'LIMIT' ? error.code : 'RESOURCE_INVALID';
  return new KustomizeError(code, error.message, { cause: error, ...place });
}

/** The same error with a place, unless it names a file already. */
export function placed(error: unknown, place: () => Place): unknown {
  if (error instanceof FileSystemError) return fromFileSystem(error, place());
  if (!(error instanceof KustomizeError) || error.file !== undefined || error.code === 'ABORTED') return error;
  return new KustomizeError(error.code, error.message, { cause: error.cause, ...place() });
}

/** Runs what a field of a kustomization asks for; errors that name no file name this one. `index`: of a list's entry. */
export function inField<T>(target: Placed, field: string, index: number | undefined, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw placed(error, () => placeOfField(target, field, index));
  }
}

/** The place of a field in a kustomization. */
export function placeOfField({ loader, file, text }: Placed, field: string, index?: number): Place {
  return {
    file: relativeTo(loader.fs.root, file),
    field: index === undefined ? field : `${field}[${index}]`,
    line: text === undefined ? undefined : lineOf(text, field, index),
  };
}

export function relativeTo(root: string, path: string): string {
  if (!posix.isAbsolute(path)) return path;
  return posix.relative(root, path);
}

function lineOf(text: string, field: string, index: number | undefined): number | undefined {
  let root: YamlNode | undefined;
  try {
    root = parseYamlNodes(text, { rules: 'v2' })[0]?.root;
  } catch (error) {
    if (error instanceof YamlError) return undefined;
    throw error;
  }
  if (root?.type !== 'map') return undefined;
  // The last of several counts, and the case of letters does not.
  const wanted = field.toLowerCase();
  const entry = root.entries.filter(([key]) => key.type === 'scalar' && key.text.toLowerCase() === wanted).at(-1);
  if (entry === undefined) return undefined;
  const [key, value] = entry;
  const item = index !== undefined && value.type === 'list' ? value.items[index] : undefined;
  return text.slice(0, (item ?? key).start).split('\n').length;
}
