import type { IgnoreRule } from '@fluvial/apply';
import type { KubeObject } from '@fluvial/kube';
import { RE2JS } from 're2js';
import type { KustomizationSpec } from './kustomization-object.ts';

type Target = NonNullable<NonNullable<KustomizationSpec['ignore']>[number]['target']>;

/**
 * Compiles `spec.ignore`. Names are anchored regular expressions of RE2 syntax, empty ones match all.
 *
 * @throws {Error} an expression or a selector that cannot be read
 */
export function compileIgnoreRules(rules: KustomizationSpec['ignore']): IgnoreRule[] {
  return (rules ?? []).map(({ paths, target }) => (target ? { paths, matches: compileTarget(target) } : { paths }));
}

function compileTarget(target: Target): (object: KubeObject) => boolean {
  const group = anchored(target.group);
  const version = anchored(target.version);
  const kind = anchored(target.kind);
  const name = anchored(target.name);
  const namespace = anchored(target.namespace);
  const labels = parseSelector(target.labelSelector);
  const annotations = parseSelector(target.annotationSelector);
  return (object) => {
    const slash = object.apiVersion.indexOf('/');
    return (
      group(slash < 0 ? '' : object.apiVersion.slice(0, slash)) &&
      version(object.apiVersion.slice(slash + 1)) &&
      kind(object.kind) &&
      name(object.metadata.name) &&
      namespace(object.metadata.namespace ?? '') &&
      labels(object.metadata.labels ?? {}) &&
      annotations(object.metadata.annotations ?? {})
    );
  };
}

function anchored(pattern: string | undefined): (text: string) => boolean {
  if (!pattern) return () => true;
  const regex = RE2JS.compile(`^(?:${pattern})$`);
  return (text) => regex.matches(text);
}

type Values = Readonly<Record<string, string>>;

const requirement =
  /^(?:(!)\s*([^\s!=,()]+)|([^\s!=,()]+)(?:\s*(==|=|!=)\s*([^\s!=,()]*)|\s+(in|notin)\s*\(([^()]*)\))?)$/;

/** Kubernetes' selector syntax: `a=b,c!=d,e in (f,g),!h`. */
function parseSelector(text: string | undefined): (values: Values) => boolean {
  const tests = splitTop(text ?? '').map((part): ((values: Values) => boolean) => {
    const match = requirement.exec(part);
    if (match === null) throw new Error(`unable to parse requirement: found '${part}'`);
    const [, not, absent, key = '', operator, value = '', set, list = ''] = match;
    if (not) return (values) => !Object.hasOwn(values, absent as string);
    if (operator === '!=') return (values) => !Object.hasOwn(values, key) || values[key] !== value;
    if (operator) return (values) => Object.hasOwn(values, key) && values[key] === value;
    const wanted = list.split(',').map((entry) => entry.trim());
    if (set === 'in') return (values) => Object.hasOwn(values, key) && wanted.includes(values[key] as string);
    if (set === 'notin') return (values) => !Object.hasOwn(values, key) || !wanted.includes(values[key] as string);
    return (values) => Object.hasOwn(values, key);
  });
  return (values) => tests.every((test) => test(values));
}

/** Splits at commas that stand outside of parentheses. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index <= text.length; index++) {
    const char = text[index];
    if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    else if ((char === ',' && depth === 0) || char === undefined) {
      parts.push(text.slice(from, index).trim());
      from = index + 1;
    }
  }
  return parts.filter((part) => part !== '');
}
