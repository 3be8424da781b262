import { type FieldSpec, isPlain } from '../field-spec.ts';
import type { ImageSpec } from '../kustomization.ts';
import type { Resource } from '../resource.ts';
import { isMap, textOf } from '../scalar.ts';
import { compileRegex } from '../selector.ts';
import { changeResource, indexed } from './metadata.ts';

/** Changes container images: in every list of containers, then in the fields of `specs`. */
export function setImage(resources: readonly Resource[], image: ImageSpec, specs: readonly FieldSpec[]): void {
  const matches = imageMatcher(image.name ?? '');
  const change = (value: unknown): unknown => {
    if (value === undefined || !isPlain(value)) return value;
    const text = textOf(value);
    return matches(text) ? replaceImage(text, image) : value;
  };
  const index = indexed(specs);
  for (const resource of resources) {
    if (resource.kind === 'CustomResourceDefinition') continue;
    changeContainers(resource.object, change);
    for (const spec of index.for(resource.gvk)) changeResource(resource, spec, change, 'scalar');
  }
}

function changeContainers(node: unknown, change: (value: unknown) => unknown): void {
  if (Array.isArray(node)) {
    for (const item of node) if (typeof item === 'object' && item !== null) changeContainers(item, change);
    return;
  }
  if (!isMap(node)) return;
  for (const key of Object.keys(node)) {
    const value = node[key];
    if (typeof value !== 'object' || value === null) continue;
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(value)) {
      for (const container of value) {
        if (!isMap(container)) continue;
        const image = container.image;
        if (image === undefined || image === null) continue;
        const next = change(image);
        if (next !== image) container.image = next;
      }
    }
    changeContainers(value, change);
  }
}

const TAIL = /^(?::[a-zA-Z0-9_.{}-]*)?(?:@sha256:[a-zA-Z0-9_.{}-]*)?$/;
const SIMPLE = /^[A-Za-z0-9_\-/:.]*$/;

/** The entry's name is a pattern; the usual name has at most dots in it, which fit any character. */
function imageMatcher(name: string): (image: string) => boolean {
  if (!SIMPLE.test(name)) {
    // An invalid pattern makes the original panic.
    const regex = compileRegex(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
    return (image) => regex.matcher(image).find();
  }
  const dotted = name.includes('.');
  return (image) => {
    if (image.length < name.length) return false;
    if (!image.startsWith(name)) {
      if (!dotted) return false;
      for (let i = 0; i < name.length; i++) {
        const char = name.charCodeAt(i);
        if (char !== 46 && char !== image.charCodeAt(i)) return false;
      }
    }
    return image.length === name.length || TAIL.test(image.slice(name.length));
  };
}

function replaceImage(image: string, spec: ImageSpec): string {
  let { name, tag, digest } = splitImage(image);
  if (spec.newName) name = spec.newName;
  if (spec.newTag && spec.digest) {
    tag = spec.newTag;
    digest = spec.digest;
  } else if (spec.newTag) {
    tag = spec.newTag;
    digest = '';
  } else if (spec.digest) {
    tag = '';
    digest = spec.digest;
  }
  if (spec.tagSuffix && !spec.newTag && !spec.digest) {
    tag += spec.tagSuffix;
    digest = '';
  }
  return name + (tag === '' ? '' : `:${tag}`) + (digest === '' ? '' : `@${digest}`);
}

/** The digest starts at `@`, the tag at the last `:` behind the last `/`. */
function splitImage(image: string): { name: string; tag: string; digest: string } {
  const at = image.indexOf('@');
  const digest = at === -1 ? '' : image.slice(at + 1);
  const rest = at === -1 ? image : image.slice(0, at);
  const colon = rest.lastIndexOf(':');
  if (colon === -1 || colon < rest.lastIndexOf('/')) return { name: rest, tag: '', digest };
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}
