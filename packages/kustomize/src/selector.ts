import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { Gvk } from './id.ts';
import type { SelectorSpec } from './kustomization.ts';
import type { Resource } from './resource.ts';
import { textOf } from './scalar.ts';
import { KustomizeError } from './types.ts';

const compiled = new Map<string, RE2JS>();
const MAX_COMPILED = 1000;

/** Compiles a user's pattern; linear time. @throws {KustomizeError} with Go's words. */
export function compileRegex(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new KustomizeError('TRANSFORM_FAILED', error.message, { cause: error });
  }
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(pattern, regex);
  return regex;
}

const LITERAL = /^[A-Za-z0-9_\-/:@]*$/;

/** A test for a pattern that has to fit the whole text; empty fits anything. */
export function anchored(pattern: string | undefined): (text: string) => boolean {
  if (pattern === undefined || pattern === '') return () => true;
  if (LITERAL.test(pattern)) return (text) => text === pattern;
  const regex = compileRegex(`^(?:${pattern})$`);
  return (text) => regex.matcher(text).find();
}

interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  readonly values: readonly string[];
}

/** Parses Kubernetes' label selector syntax. @throws {KustomizeError} */
export function parseLabelSelector(text: string): (labels: Record<string, unknown> | undefined) => boolean {
  const requirements = splitRequirements(text).map(parseRequirement);
  return (labels) => requirements.every((requirement) => fits(requirement, labels));
}

function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

const SET = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const EXISTS = /^(!?)\s*([^\s!=,()]+)$/;

function parseRequirement(text: string): Requirement {
  const set = SET.exec(text);
  if (set !== null) {
    const values = (set[3] as string).split(',').map((value) => value.trim());
    return { key: set[1] as string, operator: set[2] as 'in' | 'notin', values };
  }
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const operator = equality[2] === '!=' ? 'notin' : 'in';
    return { key: equality[1] as string, operator, values: [equality[3] as string] };
  }
  const exists = EXISTS.exec(text);
  if (exists !== null)
    return { key: exists[2] as string, operator: exists[1] === '!' ? 'absent' : 'exists', values: [] };
  throw new KustomizeError('TRANSFORM_FAILED', `unable to parse requirement: found '${text}'`);
}

function fits({ key, operator, values }: Requirement, labels: Record<string, unknown> | undefined): boolean {
  const present = labels !== undefined && Object.hasOwn(labels, key);
  switch (operator) {
    case 'exists':
      return present;
    case 'absent':
      return !present;
    case 'in':
      return present && values.includes(textOf(labels[key]));
    case 'notin':
      return !present || !values.includes(textOf(labels[key]));
  }
}

/** A selector of patches and replacement targets, ready to test. */
export interface Selector {
  readonly spec: SelectorSpec;
  gvk(gvk: Gvk): boolean;
  name(name: string): boolean;
  namespace(namespace: string): boolean;
  metadata(resource: Resource): boolean;
}

export function createSelector(spec: SelectorSpec): Selector {
  const group = anchored(spec.group);
  const version = anchored(spec.version);
  const kind = anchored(spec.kind);
  const labels = spec.labelSelector ? parseLabelSelector(spec.labelSelector) : undefined;
  const annotations = spec.annotationSelector ? parseLabelSelector(spec.annotationSelector) : undefined;
  return {
    spec,
    gvk: (gvk) => kind(gvk.kind) && group(gvk.group) && version(gvk.version),
    name: anchored(spec.name),
    namespace: anchored(spec.namespace),
    metadata: (resource) =>
      (labels === undefined || labels(resource.labels)) &&
      (annotations === undefined || annotations(resource.annotations)),
  };
}

/** Resources that a patch's target selects: gvk as it is, name and namespace as they are or were first. */
export function selectTargets(resources: readonly Resource[], spec: SelectorSpec): Resource[] {
  const selector = createSelector(spec);
  return resources.filter((resource) => {
    if (!selector.gvk(resource.gvk)) return false;
    const current = resource.currentId();
    const original = resource.originalId();
    const namespaces =
      selector.namespace(resource.effective(original)) || selector.namespace(resource.effective(current));
    if (!namespaces) return false;
    if (!selector.name(original.name) && !selector.name(current.name)) return false;
    return selector.metadata(resource);
  });
}
