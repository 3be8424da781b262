import { createDirectoryFs, type FileSystem, FileSystemError } from '@fluvial/kustomize';

/**
 * The tree of an artifact under a name of its own: messages and origins speak of `/tmp/kustomization-…`, wherever the
 * tree really lies. The name comes from the artifact, so that a failing build fails with the same words each time.
 *
 * Nothing leaves the tree; what would is refused with the message of Flux's confined file system.
 */
export function createArtifactFs(directory: string, digest: string): FileSystem {
  const real = createDirectoryFs(directory);
  const root = `/tmp/kustomization-${digest.slice(digest.indexOf(':') + 1).slice(0, 10)}`;

  function inward(op: string, path: string): string {
    const absolute = normalize(path.startsWith('/') ? path : `${root}/${path}`);
    if (absolute === root) return real.root;
    if (absolute.startsWith(`${root}/`)) return `${real.root}${absolute.slice(root.length)}`;
    throw new FileSystemError(
      'OUTSIDE',
      absolute,
      `fs-security-constraint ${op} ${absolute}: path '${absolute}' is not in or below '${root}'`,
    );
  }

  function outward(path: string): string {
    return path === real.root || path.startsWith(`${real.root}/`) ? `${root}${path.slice(real.root.length)}` : path;
  }

  function translated<R>(run: () => R): R {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      throw new FileSystemError(
        error.code,
        outward(error.path),
        error.message.replaceAll(real.root, root),
        error.cause,
      );
    }
  }

  return {
    root,
    readFile: (path) => translated(() => real.readFile(inward('read', path))),
    stat: (path) => translated(() => real.stat(inward('open', path))),
    readdir: (path) => translated(() => real.readdir(inward('read', path))),
    realpath(path) {
      const found = translated(() => real.realpath(inward('abs', path)));
      return found === undefined ? undefined : outward(found);
    },
  };
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}
