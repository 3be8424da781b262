import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expand } from '@fluvial/envsubst';
import { createKubeClient, isNotFound, type KubeClient, type KubeObject, parseKubeConfig } from '@fluvial/kube';
import type { Sandbox } from '@fluvial/sandbox';
import { parseYaml } from '@fluvial/yaml';
import type { Context } from '../../../framework/context.ts';
import type { Narrator, Sight } from './narrator.ts';

/** What the steps of a journey work with. */
export interface World {
  readonly kube: KubeClient;
  /** `127.0.0.1:PORT` */
  readonly registry: string;
  /** Runs a `flux` command line, shows it and its output, and gives the output back. */
  flux(args: readonly string[]): Promise<string>;
  /** Server-side-applies the documents of a file, with `${registry}` filled in. */
  applyFile(file: string): Promise<void>;
  /** The object, or undefined. */
  find(apiVersion: string, kind: string, namespace: string, name: string): Promise<KubeObject | undefined>;
  close(): Promise<void>;
}

/** Joins a sandbox as an outside client would, through its kubeconfig. */
export async function createWorld(context: Context, sandbox: Sandbox, narrator: Narrator): Promise<World> {
  const kube = createKubeClient(await parseKubeConfig(sandbox.apiserver.kubeconfig()), { userAgent: 'flux-demo' });
  const registry = sandbox.registry.address;
  return {
    kube,
    registry,
    async flux(args) {
      // Loaded here: the command tree leads to this file.
      const { runFlux } = await import('../../../flux.ts');
      narrator.command(['flux', ...args].map(quoteWord).join(' '));
      let output = '';
      const write = (text: string) => {
        output += text;
      };
      const exitCode = await runFlux(args, {
        ...context,
        env: { ...context.env, KUBECONFIG: sandbox.folder.kubeconfig },
        isTerminal: false,
        stdout: write,
        stderr: write,
      });
      narrator.quote(output);
      if (exitCode !== 0) {
        throw new Error(`flux ${args.join(' ')} ended with exit code ${exitCode}:\n${output}`);
      }
      return output;
    },
    async applyFile(file) {
      narrator.command(`kubectl apply --server-side -f ${path.relative(context.cwd, file)}`);
      const text = expand(readFileSync(file, 'utf8'), (name) => (name === 'registry' ? registry : undefined), {
        strict: true,
      });
      for (const object of parseYaml(text, { filename: file }) as KubeObject[]) {
        await kube.apply(object, { fieldManager: 'flux-demo', force: true, signal: context.signal });
        narrator.quote(`${object.kind.toLowerCase()}/${object.metadata.name} serverside-applied`);
      }
    },
    async find(apiVersion, kind, namespace, name) {
      try {
        return await kube.get({ apiVersion, kind }, name, namespace, { signal: context.signal });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    close: () => kube.close(),
  };
}

/** Looks at the Ready condition of an object of the suite; `revision` must be the one that is ready. */
export function readySight(object: KubeObject | undefined, generationOf: string): Sight<KubeObject> {
  if (object === undefined) return { still: `${generationOf} does not exist` };
  const status = (object['status'] ?? {}) as { observedGeneration?: number; conditions?: StatusCondition[] };
  const ready = status.conditions?.find((condition) => condition.type === 'Ready');
  if (ready?.status === 'True' && status.observedGeneration === object.metadata.generation) return { found: object };
  return { still: `${generationOf}: ${ready?.message ?? 'waiting to be reconciled'}` };
}

/** One condition, as far as the journey reads it. */
export interface StatusCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Remote and revision of the checkout that holds a folder, with stand-ins where there is none. */
export async function originOf(folder: string): Promise<{ source: string; revision: string }> {
  const git = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('git', ['-C', folder, ...args]);
    return stdout.trim();
  };
  const source = await git('config', '--get', 'remote.origin.url').catch(() => '');
  const branch = await git('rev-parse', '--abbrev-ref', 'HEAD').catch(() => 'main');
  const commit = await git('rev-parse', 'HEAD').catch(() => '0'.repeat(40));
  return { source: source || 'https://example.com/podinfo.git', revision: `${branch}@sha1:${commit}` };
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
