import { mergeConfig } from './config.ts';
import { defaultConfig, type TransformerConfig } from './default-config.ts';
import { idText, type ResId } from './id.ts';
import type { VarSpec } from './kustomization.ts';
import { placeOfOrigin } from './places.ts';
import { idKey, type Resource } from './resource.ts';
import { isMap, isScalar, textOf } from './scalar.ts';
import { KustomizeError } from './types.ts';

/** The resources, field specs and vars that a kustomization has gathered so far. */
export class Accumulator {
  resources: Resource[] = [];
  config: TransformerConfig = defaultConfig;
  readonly vars: VarSpec[] = [];
  private keys: Set<string> | undefined;

  /** Call after names, namespaces or the list have changed in another way than by {@link append}. */
  touch(): void {
    this.keys = undefined;
  }

  /** @throws {KustomizeError} `CONFLICT` */
  append(resource: Resource): void {
    this.keys ??= new Set(this.resources.map((other) => idKey(other.currentId(), other.clusterScoped)));
    const id = resource.currentId();
    const key = idKey(id, resource.clusterScoped);
    if (this.keys.has(key)) {
      throw new KustomizeError('CONFLICT', `may not add resource with an already registered id: ${idText(id)}`, {
        ...placeOfOrigin(resource.origin),
      });
    }
    this.keys.add(key);
    this.resources.push(resource);
  }

  /** Makes sure that every resource has an id of its own. @throws {KustomizeError} `CONFLICT` */
  checkIds(): void {
    const resources = this.resources;
    this.resources = [];
    this.touch();
    for (const resource of resources) this.append(resource);
  }

  /** Takes a child's resources, configuration and vars over. */
  merge(child: Accumulator): void {
    for (const resource of child.resources) this.append(resource);
    this.config = mergeConfig(this.config, child.config);
    this.addVars(child.vars);
  }

  addVars(vars: readonly VarSpec[]): void {
    for (const entry of vars) {
      if (this.vars.some((other) => other.name === entry.name)) {
        throw new KustomizeError('CONFLICT', `var '${entry.name}' already encountered`);
      }
      this.vars.push(entry);
    }
  }

  dropEmpty(): void {
    if (this.resources.some((resource) => resource.isEmpty())) {
      this.resources = this.resources.filter((resource) => !resource.isEmpty());
    }
  }

  /** Resources whose current or any former id equals the given one. */
  byAnyId(id: ResId): Resource[] {
    return this.resources.filter((resource) => {
      if (resource.kind !== id.kind && !resource.former.some((former) => former.kind === id.kind)) return false;
      const key = idKey(id, resource.clusterScoped);
      return resource.ids().some((other) => idKey(other, resource.clusterScoped) === key);
    });
  }

  /** Takes a generator's output in, honouring its behavior. */
  absorb(generated: Resource): void {
    const id = generated.currentId();
    const matches = this.byAnyId(id);
    if (matches.length === 0) {
      if (generated.behavior === 'merge' || generated.behavior === 'replace') {
        throw new KustomizeError('CONFLICT', `id ${goId(id)} does not exist; cannot merge or replace`);
      }
      this.append(generated);
      return;
    }
    if (matches.length > 1) {
      const found = matches.map((match) => idText(match.currentId())).join(' ');
      throw new KustomizeError('CONFLICT', `found multiple objects [${found}] that could accept merge of ${goId(id)}`);
    }
    const old = matches[0] as Resource;
    if (generated.behavior !== 'merge' && generated.behavior !== 'replace') {
      throw new KustomizeError(
        'CONFLICT',
        `id ${goId(id)} exists; can not use behavior: '${generated.behavior}', behavior must be merge or replace`,
      );
    }
    if (generated.behavior === 'merge') {
      for (const field of ['data', 'binaryData'] as const) {
        const before = old.object[field] as Record<string, unknown> | undefined;
        const after = generated.object[field] as Record<string, unknown> | undefined;
        const merged = { ...texts(before), ...after };
        if (Object.keys(merged).length > 0) generated.object[field] = merged;
        else delete generated.object[field];
      }
    }
    for (const field of ['labels', 'annotations'] as const) {
      const before = old[field];
      const after = generated[field];
      if (before === undefined && after === undefined) continue;
      const united = { ...before, ...after };
      if (Object.keys(united).length > 0) generated.metadata()[field] = united;
      else delete generated.metadata()[field];
    }
    // Both have to want a suffix: what came from a file, or without one, stays without.
    generated.needsHash &&= old.needsHash;
    generated.name = old.name;
    generated.namespace = old.namespace;
    if (generated.behavior === 'merge') generated.notedOrigin = old.notedOrigin;
    generated.transformations.unshift(...old.transformations);
    generated.vars.push(...old.vars);
    generated.former.push(...old.former);
    generated.prefixes.push(...old.prefixes);
    generated.suffixes.push(...old.suffixes);
    this.resources[this.resources.indexOf(old)] = generated;
    this.touch();
  }
}

// Data is text; what is not a scalar has none.
function texts(map: Record<string, unknown> | undefined): Record<string, string> {
  const result: Record<string, string> = {};
  if (!isMap(map)) return result;
  for (const key of Object.keys(map)) {
    const value = map[key];
    const text = value === null || isScalar(value) ? textOf(value) : '';
    Object.defineProperty(result, key, { value: text, enumerable: true, writable: true, configurable: true });
  }
  return result;
}

/** An id as Go prints the struct. */
function goId(id: ResId): string {
  const q = JSON.stringify;
  return `resid.ResId{Gvk:resid.Gvk{Group:${q(id.group)}, Version:${q(id.version)}, Kind:${q(id.kind)}, isClusterScoped:false}, Name:${q(id.name)}, Namespace:${q(id.namespace)}}`;
}
