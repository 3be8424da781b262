import { build } from '../build.ts';
import { createMemoryFs } from '../memory-fs.ts';
import { KustomizeError } from '../types.ts';

export type Files = Readonly<Record<string, string>>;

/** What a build prints. */
export const yaml = (files: Files, dir = '/'): string => build(createMemoryFs(files), dir).yaml();

/** The message of a build that fails. */
export function failure(files: Files, dir = '/'): string {
  try {
    yaml(files, dir);
  } catch (error) {
    if (error instanceof KustomizeError) return error.message;
    throw error;
  }
  throw new Error('expected a KustomizeError');
}

export const indent = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

/** Builds one custom resource; returns what is printed below its `spec`. */
export function spec(text: string, kustomization = ''): string {
  const built = yaml({
    'kustomization.yaml': `resources: [x.yaml]\n${kustomization}`,
    'x.yaml': `apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: x\nspec:\n${indent(text, 2)}\n`,
  });
  return built.slice(built.indexOf('spec:') + 6).replaceAll(/^ {2}/gm, '');
}

/** How a member of `spec` that is written as `text` is printed. */
export const member = (text: string): string => spec(`k: ${text}`);
