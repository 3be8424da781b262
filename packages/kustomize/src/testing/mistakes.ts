import type { Random } from './random.ts';

type Files = Record<string, string>;

/** Breaks something in a tree, as people do. */
export function mistake(random: Random, files: Files, dir: string): void {
  const kustomization = Object.keys(files).find((path) => path.startsWith(`${dir}/`) && /kustomization/i.test(path));
  if (kustomization === undefined) return;
  const resource = Object.keys(files).filter((path) => /\/r\d+\./.test(path));
  const append = (text: string): void => {
    files[kustomization] = `${(files[kustomization] as string).trimEnd()}\n${text}\n`;
  };
  const inResource = (change: (text: string) => string): void => {
    if (resource.length === 0) append('unknown: 1');
    else {
      const path = random.pick(resource);
      files[path] = change(files[path] as string);
    }
  };
  random.pick<() => void>([
    () => append('unknownField: 1'),
    () => append('namePrefix: [1]'),
    () => append('namespace: {a: b}'),
    () => append('resources: [missing.yaml]'),
    () => append('resources: [../nowhere]'),
    () => append('components: [../nowhere]'),
    () => append('patches: [{path: missing.yaml}]'),
    () => append('patches: [{patch: "not a patch"}]'),
    () => append('configMapGenerator: [{name: x, files: [missing]}]'),
    () => append('configMapGenerator: [{name: x, literals: [novalue]}]'),
    () => append('secretGenerator: [{literals: [a=b]}]'),
    () => append('replicas: [{name: nobody, count: 1}]'),
    () => append('commonLabels: {a: 5}'),
    () => append('images: [{name: x, newTag: 1.0}]'),
    () => append('vars: [{name: V, objref: {kind: Nobody, name: x}}]'),
    () => append('sortOptions: {order: random}'),
    () => append('transformers: ["apiVersion: x/v1\\nkind: Mine\\nmetadata: {name: x}"]'),
    () => append('kind: Other'),
    () => append('bad: [unclosed'),
    () => append('a:\n\tb: tab'),
    () => inResource((text) => `${text}\nbroken: [`),
    () => inResource((text) => text.replace(/^kind:.*$/m, 'knd: x')),
    () => inResource((text) => text.replace(/name:/, 'nam:')),
    () => inResource((text) => `${text.trimEnd()}\nkind: Twice\n`),
    () => inResource((text) => `${text.trimEnd()}\n--- trailing\na: b\n`),
    () => inResource((text) => `- list\n- of\n---\n${text}`),
    () => inResource((text) => `${text.trimEnd()}\n1: number key\n`),
    () => inResource((text) => `${text.trimEnd()}\nx: &a [1]\ny: *a\nz: {<<: {m: 1}, n: 2}\n`),
    () => inResource((text) => `${text.trimEnd()}\nx: *unknown\n`),
    () => inResource((text) => `${text.trimEnd()}\nx: !custom 5\ny: !!binary aGk=\nz: !!str 5\n`),
  ])();
}
