import { matchShell, parseShellPattern, type ShellPattern } from './shell-match.ts';
import type { IgnoreFilter } from './types.ts';

/** One line of an ignore file. Made by {@link parseIgnoreRules}. */
export interface IgnoreRule {
  /** Directory below which the rule holds, split at slashes; [] is the root. */
  readonly scope: readonly string[];
  /** `!`: brings back what an earlier rule excluded. */
  readonly includes: boolean;
  readonly directoryOnly: boolean;
  /** Without an inner slash a rule looks at every component; with one it is anchored to the scope. */
  readonly anchored: boolean;
  readonly parts: readonly RulePart[];
}

type RulePart =
  | { readonly kind: 'empty' }
  | { readonly kind: 'globstar' }
  /** Holds `**` among other characters: never matches. */
  | { readonly kind: 'never' }
  | { readonly kind: 'shell'; readonly pattern: ShellPattern };

/** The default lists, lowest priority first. Flux's documentation, "Default exclusions". */
export const defaultIgnore: {
  readonly vcs: readonly string[];
  readonly ext: readonly string[];
  readonly ci: readonly string[];
  readonly extra: readonly string[];
} = {
  vcs: ['.git/', '.gitignore', '.gitmodules', '.gitattributes'],
  ext: ['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip'],
  ci: [
    '.github/',
    '.circleci/',
    '.travis.yml',
    '.gitlab-ci.yml',
    'appveyor.yml',
    '.drone.yml',
    'cloudbuild.yaml',
    'codeship-services.yml',
    'codeship-steps.yml',
  ],
  extra: ['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml'],
};

/** Name of the files whose rules belong to the directory that they lie in. */
export const ignoreFileName = '.sourceignore';

/**
 * Reads the lines of an ignore file, or of `spec.ignore`. Blank lines and lines that start with `#` say nothing.
 *
 * @param scope the directory that the rules belong to, split at slashes; [] for the root
 */
export function parseIgnoreRules(text: string, scope: readonly string[] = []): IgnoreRule[] {
  const rules: IgnoreRule[] = [];
  for (const line of text.split('\n')) {
    const rule = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (!rule.startsWith('#') && rule.trim() !== '') rules.push(parseRule(rule, scope));
  }
  return rules;
}

function parseRule(line: string, scope: readonly string[]): IgnoreRule {
  const includes = line.startsWith('!');
  let text = includes ? line.slice(1) : line;
  if (!text.endsWith('\\ ')) text = text.replace(/ +$/, '');
  const directoryOnly = text.endsWith('/');
  if (directoryOnly) text = text.slice(0, -1);
  const parts = text.split('/').map((part): RulePart => {
    if (part === '' && text.includes('/')) return { kind: 'empty' };
    if (part === '**' && text.includes('/')) return { kind: 'globstar' };
    if (part.includes('**') && text.includes('/')) return { kind: 'never' };
    return { kind: 'shell', pattern: parseShellPattern(part) };
  });
  return { scope, includes, directoryOnly, anchored: text.includes('/'), parts };
}

/**
 * Makes a filter of rules; the last rule that matches decides. Unlike git's, a rule that brings back what lies below an
 * excluded directory works.
 */
export function createIgnoreFilter(rules: readonly IgnoreRule[]): IgnoreFilter {
  return (path, isDirectory) => {
    for (let index = rules.length - 1; index >= 0; index--) {
      const rule = rules[index]!;
      if (matchesRule(rule, path, isDirectory)) return !rule.includes;
    }
    return false;
  };
}

/**
 * The filter of a source: rules found in the tree and in `spec.ignore`, after the defaults. Any rule at all switches the
 * defaults off, but for those of version control.
 *
 * @param found rules of `.sourceignore` files (shallow before deep), then those of `spec.ignore`
 */
export function createSourceFilter(found: readonly IgnoreRule[]): IgnoreFilter {
  const { vcs, ext, ci, extra } = defaultIgnore;
  const defaults = found.length > 0 ? vcs : [...vcs, ...ext, ...ci, ...extra];
  return createIgnoreFilter([...parseIgnoreRules(defaults.join('\n')), ...found]);
}

function matchesRule(rule: IgnoreRule, path: readonly string[], isDirectory: boolean): boolean {
  const { scope } = rule;
  if (path.length <= scope.length) return false;
  for (let index = 0; index < scope.length; index++) if (path[index] !== scope[index]) return false;
  return rule.anchored ? matchesAnchored(rule, path, isDirectory) : matchesAnyComponent(rule, path, isDirectory);
}

function matchesAnyComponent(rule: IgnoreRule, path: readonly string[], isDirectory: boolean): boolean {
  const part = rule.parts[0]!;
  if (part.kind !== 'shell') return false;
  for (let index = rule.scope.length; index < path.length; index++) {
    if (matchShell(part.pattern, path[index]!)) {
      return !(rule.directoryOnly && !isDirectory && index === path.length - 1);
    }
  }
  return false;
}

/**
 * Walks pattern and path together. `**` takes the first component that fits what follows it, without trying others.
 * Components that are left over when the pattern ends lie below what matched, and match with it.
 */
function matchesAnchored(rule: IgnoreRule, path: readonly string[], isDirectory: boolean): boolean {
  let at = rule.scope.length;
  let matched = false;
  let spans = false;
  const last = rule.parts.length - 1;
  for (let index = 0; index <= last; index++) {
    const part = rule.parts[index]!;
    if (part.kind === 'empty') {
      spans = false;
      continue;
    }
    if (part.kind === 'globstar') {
      if (index === last) break;
      spans = true;
      continue;
    }
    if (part.kind === 'never' || at >= path.length) return false;
    if (spans) {
      spans = false;
      matched = false;
      while (at < path.length && !matched) {
        matched = matchShell(part.pattern, path[at]!);
        at += 1;
      }
      if (!matched) continue;
    } else {
      if (!matchShell(part.pattern, path[at]!)) return false;
      matched = true;
      at += 1;
      // A file that fits only the beginning of the pattern does not match.
      if (at === path.length && index < last) matched = false;
    }
  }
  if (matched && rule.directoryOnly && !isDirectory && at === path.length) return false;
  return matched;
}
