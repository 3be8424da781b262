import type { FileSystem } from '@fluvial/kustomize';
import { createArtifactFs } from './confined-fs.ts';

/** One unpacked artifact as builds see it. The tree never changes, so what was learnt of it once holds. */
export interface ArtifactTree {
  readonly fs: FileSystem;
  /** Kustomizations that were generated for directories without one, by directory: many owners share a tree. */
  readonly generated: Map<string, GeneratedKustomization>;
}

export interface GeneratedKustomization {
  readonly content: Readonly<Record<string, unknown>>;
  /** What was asked of the tree to make it. */
  readonly asked: readonly string[];
}

/** Trees whose contents stay in memory; the one unused for longest goes first. */
const maxTrees = 16;
/** Bytes of files that are kept of one tree. */
const maxTreeBytes = 8 * 1024 * 1024;

const trees = new Map<string, ArtifactTree>();

/** The tree of an artifact; `dir` is its folder, which is made anew for each download and so names one content. */
export function artifactTree(dir: string, digest: string): ArtifactTree {
  const tree = trees.get(dir) ?? { fs: remember(createArtifactFs(dir, digest)), generated: new Map() };
  trees.delete(dir);
  trees.set(dir, tree);
  if (trees.size > maxTrees) trees.delete(trees.keys().next().value as string);
  return tree;
}

/** A file system that asks each question once. Failures are not kept. */
function remember(fs: FileSystem): FileSystem {
  const files = new Map<string, Uint8Array>();
  const stats = new Map<string, ReturnType<FileSystem['stat']>>();
  const names = new Map<string, readonly string[]>();
  const paths = new Map<string, string | undefined>();
  let bytes = 0;
  return {
    root: fs.root,
    readFile(path) {
      const known = files.get(path);
      if (known !== undefined) return known;
      const content = fs.readFile(path);
      if (bytes + content.length <= maxTreeBytes) {
        bytes += content.length;
        files.set(path, content);
      }
      return content;
    },
    stat: (path) => once(stats, path, fs.stat),
    readdir: (path) => once(names, path, fs.readdir),
    realpath: (path) => once(paths, path, fs.realpath),
  };
}

function once<V>(known: Map<string, V>, path: string, ask: (path: string) => V): V {
  if (known.has(path)) return known.get(path) as V;
  const answer = ask(path);
  known.set(path, answer);
  return answer;
}
