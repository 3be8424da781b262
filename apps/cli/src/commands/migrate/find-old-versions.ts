import { kinds } from '@fluvial/api';

/** Releases that manifests can be brought to, newest first. */
export const supportedReleases = ['2.9', '2.8', '2.7', '2.6'];

/** A manifest in an old version. */
export type Finding = { readonly line: number; readonly kind: string; readonly from: string; readonly to: string };

const versionLine = /^(\s*(?:- )?apiVersion:\s*["']?)([^\s"'#]+)(["']?\s*(?:#.*)?)$/;
const kindLine = /^\s*kind:\s*["']?([A-Za-z]+)["']?\s*(?:#.*)?$/;

/**
 * Finds manifests of the suite's kinds in old versions: a line with `apiVersion` directly followed by one with `kind`.
 *
 * Lines are counted from 1. An API version of the suite that does not read as `group/version` is malformed.
 */
export function findOldVersions(
  text: string,
  release: string,
): { findings: Finding[]; malformed: { line: number; text: string }[] } {
  const findings: Finding[] = [];
  const malformed: { line: number; text: string }[] = [];
  const lines = text.split('\n');
  lines.forEach((content, index) => {
    const apiVersion = versionLine.exec(content.replace(/\r$/, ''))?.[2];
    const kind = kindLine.exec((lines[index + 1] ?? '').replace(/\r$/, ''))?.[1];
    if (apiVersion === undefined || kind === undefined || !apiVersion.includes('.fluxcd.io')) return;
    const parts = apiVersion.split('/');
    if (parts.length !== 2 || parts[0] === '' || parts[1] === '') {
      malformed.push({ line: index + 1, text: apiVersion });
      return;
    }
    const [group, from] = parts as [string, string];
    const to = targetVersion(group, kind, release);
    if (to !== undefined && to !== from) findings.push({ line: index + 1, kind, from, to });
  });
  return { findings, malformed };
}

/** The version that a release stores a kind in. */
function targetVersion(group: string, kind: string, release: string): string | undefined {
  const found = kinds.find((each) => each.group === group && each.kind === kind);
  if (found === undefined) return undefined;
  if (release === '2.6' && group === 'image.toolkit.fluxcd.io') return 'v1beta2';
  return found.versions[0]?.name;
}

/** The text with the version of each finding's line replaced; everything else stays as it is. */
export function rewriteVersions(text: string, findings: readonly Finding[]): string {
  const lines = text.split('\n');
  for (const { line, from, to } of findings) {
    const before = lines[line - 1]!;
    const at = before.lastIndexOf(`/${from}`);
    lines[line - 1] = `${before.slice(0, at + 1)}${to}${before.slice(at + 1 + from.length)}`;
  }
  return lines.join('\n');
}
