import { createHash } from 'node:crypto';
import { type FileSystem, FileSystemError } from '@fluvial/kustomize';

/**
 * What a build asked of its file system, and a digest of the answers: another tree that answers the same gives the same
 * build. Asked are files, kinds of entries, listings and links, also those that were not there.
 */
export interface BuildInputs {
  /** One letter for the question, a colon, and the path below the root. */
  readonly asked: readonly string[];
  readonly digest: string;
}

/** Writes down every question that a build asks. */
export interface RecordingFs {
  readonly fs: FileSystem;
  readonly asked: Set<string>;
}

type Question = 'f' | 'k' | 'n' | 'l';

/** A view of the file system that notes what is asked of it. */
export function recordQuestions(fs: FileSystem): RecordingFs {
  const asked = new Set<string>();
  const note = (question: Question, path: string) => {
    asked.add(`${question}:${path.startsWith(fs.root) ? path.slice(fs.root.length) : path}`);
  };
  return {
    asked,
    fs: {
      root: fs.root,
      readFile(path) {
        note('f', path);
        return fs.readFile(path);
      },
      stat(path) {
        note('k', path);
        return fs.stat(path);
      },
      readdir(path) {
        note('n', path);
        return fs.readdir(path);
      },
      realpath(path) {
        note('l', path);
        return fs.realpath(path);
      },
    },
  };
}

/** What a build depended on, once it has ended well. */
export function inputsOf({ fs, asked }: RecordingFs): BuildInputs {
  const list = [...asked];
  return { asked: list, digest: digestAnswers(fs, list) };
}

/** Whether another tree gives the same build. */
export function hasSameInputs(fs: FileSystem, inputs: BuildInputs): boolean {
  return digestAnswers(fs, inputs.asked) === inputs.digest;
}

function digestAnswers(fs: FileSystem, asked: readonly string[]): string {
  const hash = createHash('sha256');
  for (const question of asked) hash.update(`${answer(fs, question)}\n`);
  return hash.digest('base64');
}

function answer(fs: FileSystem, question: string): string {
  const rest = question.slice(2);
  const path = rest === '' || rest.startsWith('/') ? `${fs.root}${rest}` : rest;
  try {
    switch (question[0] as Question) {
      case 'f':
        return digestOfBytes(fs.readFile(path));
      case 'k':
        return fs.stat(path) ?? '';
      case 'n':
        return JSON.stringify(fs.readdir(path));
      case 'l':
        return fs.realpath(path)?.replace(fs.root, '') ?? '';
    }
  } catch (error) {
    if (error instanceof FileSystemError) return `!${error.code}`;
    throw error;
  }
}

/** Trees keep their bytes, and many builds share a tree: each file is digested once. */
const known = new WeakMap<Uint8Array, string>();

function digestOfBytes(bytes: Uint8Array): string {
  let digest = known.get(bytes);
  if (digest === undefined) {
    digest = createHash('sha256').update(bytes).digest('base64');
    known.set(bytes, digest);
  }
  return digest;
}
