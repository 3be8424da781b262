import { isDigest, isName, isTag } from './names.ts';

/** What a path of the API points at. `name` is a valid repository name; the rest is as the client wrote it. */
export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: string };

const patterns = [
  { kind: 'tags', pattern: /^(.+)\/tags\/list$/ },
  { kind: 'uploads', pattern: /^(.+)\/blobs\/uploads\/?$/ },
  { kind: 'upload', pattern: /^(.+)\/blobs\/uploads\/([A-Za-z0-9_-]{1,64})$/ },
  { kind: 'blob', pattern: /^(.+)\/blobs\/([^/]+)$/ },
  { kind: 'manifest', pattern: /^(.+)\/manifests\/([^/]+)$/ },
  { kind: 'referrers', pattern: /^(.+)\/referrers\/([^/]+)$/ },
] as const;

/** Reads a path; `undefined` when it is none of the API's, malformed names included. */
export function parseRoute(rawPath: string): Route | undefined {
  let path: string;
  try {
    path = decodeURIComponent(rawPath);
  } catch {
    return undefined;
  }
  if (path === '/v2/' || path === '/v2') return { kind: 'base' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  if (!path.startsWith('/v2/') || path.length > 1024) return undefined;
  const rest = path.slice('/v2/'.length);
  for (const { kind, pattern } of patterns) {
    const match = pattern.exec(rest);
    if (match === null) continue;
    const name = match[1]!;
    if (!isName(name)) return undefined;
    const last = match[2] ?? '';
    switch (kind) {
      case 'tags':
      case 'uploads':
        return { kind, name };
      case 'upload':
        return { kind, name, id: last };
      case 'manifest':
        return isDigest(last) || isTag(last) ? { kind, name, reference: last } : undefined;
      case 'blob':
      case 'referrers':
        return { kind, name, digest: last };
    }
  }
  return undefined;
}

/** Methods of each route, as `Allow` lists them. */
export const allowedMethods: Readonly<Record<Route['kind'], readonly string[]>> = {
  base: ['GET', 'HEAD'],
  catalog: ['GET', 'HEAD'],
  tags: ['GET', 'HEAD'],
  manifest: ['DELETE', 'GET', 'HEAD', 'PUT'],
  blob: ['DELETE', 'GET', 'HEAD'],
  uploads: ['POST'],
  upload: ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT'],
  referrers: ['GET', 'HEAD'],
};
