import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KubeObject } from '@fluvial/kube';
import type { Sandbox } from '@fluvial/sandbox';
import type { Context } from '../../../framework/context.ts';
import { CliError, messageOf } from '../../../framework/errors.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import { createWorld, originOf, readySight, type StatusCondition, type World } from './world.ts';

const namespace = 'flux-system';
const sources = 'source.toolkit.fluxcd.io/v1';
const kustomize = 'kustomize.toolkit.fluxcd.io/v1';

/** One journey: the world, the story and the folder that is pushed. */
interface Journey {
  readonly world: World;
  readonly say: Narrator;
  /** A copy of the example's `app` folder, to be edited. */
  readonly app: string;
  readonly repository: string;
  readonly origin: { readonly source: string; readonly revision: string };
}

/**
 * Plays the journey of an artifact on a running sandbox, and verifies each step.
 *
 * @param example folder with `app` (what is pushed) and `cluster` (what is applied)
 * @throws {CliError} that says which step failed and why
 */
export async function playDemo(context: Context, sandbox: Sandbox, example: string): Promise<void> {
  const steps: readonly [title: string, play: (journey: Journey) => Promise<void>][] = [
    ['Push the manifests to the registry as an artifact', push],
    [
      'Tell the cluster where they are',
      (journey) => journey.world.applyFile(path.join(example, 'cluster/podinfo.yaml')),
    ],
    ['The source is fetched, verified and stored', showSource],
    ['The manifests are built, applied and healthy', showApplied],
    ['From the running Deployment back to the commit', trace],
    ['Push a new version and see it roll out', rollOut],
    ['Delete a file and see its object pruned', prune],
    ['Break the source and read what is wrong', breakIt],
    ['Mend it', mend],
  ];
  const say = createNarrator(context, steps.length);
  const scratch = mkdtempSync(path.join(tmpdir(), 'flux-demo-'));
  const app = path.join(scratch, 'app');
  const world = await createWorld(context, sandbox, say);
  let current = '';
  try {
    cpSync(path.join(example, 'app'), app, { recursive: true });
    const repository = `oci://${world.registry}/manifests/podinfo`;
    const journey: Journey = { world, say, app, repository, origin: await originOf(example) };
    for (const [title, play] of steps) {
      current = title;
      say.step(title);
      await play(journey);
    }
    context.stdout(`\nThe journey is over: every step was verified.\n`);
    if (context.isTerminal) context.stdout(whatNext(sandbox, repository));
  } catch (error) {
    throw new CliError(`the demo failed at '${current}': ${messageOf(error)}`, { cause: error });
  } finally {
    await world.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function push({ world, app, repository, origin }: Journey): Promise<void> {
  await world.flux([
    'push',
    'artifact',
    `${repository}:latest`,
    `--path=${app}`,
    `--source=${origin.source}`,
    `--revision=${origin.revision}`,
  ]);
}

async function showSource({ world, say, origin }: Journey): Promise<void> {
  const source = await say.until('OCIRepository/podinfo', async () =>
    readySight(await world.find(sources, 'OCIRepository', namespace, 'podinfo'), 'OCIRepository/podinfo'),
  );
  const { artifact } = source['status'] as { artifact: { revision: string; metadata: Record<string, string> } };
  say.fact(`stored ${artifact.revision}`);
  expect(artifact.metadata['org.opencontainers.image.revision'], origin.revision, 'origin revision of the artifact');
  say.fact(`its origin is ${artifact.metadata['org.opencontainers.image.source']} at ${origin.revision}`);
}

async function showApplied({ world, say }: Journey): Promise<void> {
  const kustomization = await say.until('Kustomization/podinfo', async () =>
    readySight(await world.find(kustomize, 'Kustomization', namespace, 'podinfo'), 'Kustomization/podinfo'),
  );
  for (const { id } of inventoryOf(kustomization)) say.fact(`applied ${id}`);
  const deployment = await mustFind(world, 'apps/v1', 'Deployment', 'podinfo');
  const { availableReplicas } = deployment['status'] as { availableReplicas: number };
  expect(availableReplicas, 2, 'available replicas of Deployment/podinfo');
  say.fact(`Deployment/podinfo has ${availableReplicas} of 2 replicas available`);
  await world.flux(['get', 'all', '-n', namespace]);
}

async function trace({ world, say, origin }: Journey): Promise<void> {
  await world.flux(['events', '-n', namespace, '--for', 'OCIRepository/podinfo']);
  const report = await world.flux(['trace', 'deployment', 'podinfo', '-n', 'default']);
  for (const part of ['Deployment/podinfo', 'Kustomization:', 'OCIRepository:', origin.revision]) {
    if (!report.includes(part)) throw new Error(`the trace does not name ${part}`);
  }
  say.fact('the trace ends at the commit that the artifact was made from');
}

async function rollOut(journey: Journey): Promise<void> {
  const { world, say, app } = journey;
  edit(path.join(app, 'deployment.yaml'), 'podinfo:6.1.5', 'podinfo:6.1.6');
  await push(journey);
  await reconcile(journey);
  const image = await say.until('the new image', async () => {
    const deployment = await mustFind(world, 'apps/v1', 'Deployment', 'podinfo');
    const { template } = deployment['spec'] as { template: { spec: { containers: { image: string }[] } } };
    const image = template.spec.containers[0]?.image ?? '';
    return image.endsWith(':6.1.6') ? { found: image } : { still: `Deployment/podinfo runs ${image}` };
  });
  say.fact(`Deployment/podinfo runs ${image}`);
}

async function prune(journey: Journey): Promise<void> {
  const { world, say, app } = journey;
  await mustFind(world, 'v1', 'ConfigMap', 'podinfo-banner');
  rmSync(path.join(app, 'banner.yaml'));
  edit(path.join(app, 'kustomization.yaml'), '  - banner.yaml\n', '');
  await push(journey);
  await reconcile(journey);
  await say.until('the pruned object', async () =>
    (await world.find('v1', 'ConfigMap', 'default', 'podinfo-banner')) === undefined
      ? { found: true }
      : { still: 'ConfigMap/podinfo-banner is still there' },
  );
  say.fact('ConfigMap/podinfo-banner is gone, everything else is untouched');
}

async function breakIt(journey: Journey): Promise<void> {
  const { world, say, app } = journey;
  edit(path.join(app, 'deployment.yaml'), 'replicas: 2', 'replicas: many');
  await push(journey);
  // The source is fine, what is in it is not: asked for the Kustomization, the command would wait until it is mended.
  await world.flux(['reconcile', 'source', 'oci', 'podinfo', '-n', namespace]);
  const message = await say.until<string>('the condition that says what is wrong', async () => {
    const kustomization = await mustFind(world, kustomize, 'Kustomization', 'podinfo', namespace);
    const { conditions = [] } = (kustomization['status'] ?? {}) as { conditions?: StatusCondition[] };
    const ready = conditions.find((condition) => condition.type === 'Ready');
    return ready !== undefined && ready.status === 'False' && ready.message.includes('Deployment')
      ? { found: ready.message }
      : { still: `Ready=${ready?.status}: ${ready?.message}` };
  });
  say.fact('Kustomization/podinfo says what is wrong:');
  say.quote(message);
  const deployment = await mustFind(world, 'apps/v1', 'Deployment', 'podinfo');
  expect((deployment['spec'] as { replicas: number }).replicas, 2, 'replicas of the running Deployment');
  say.fact('what ran goes on running');
}

async function mend(journey: Journey): Promise<void> {
  edit(path.join(journey.app, 'deployment.yaml'), 'replicas: many', 'replicas: 3');
  await push(journey);
  await reconcile(journey);
  const { say, world } = journey;
  await say.until('three replicas', async () => {
    const deployment = await mustFind(world, 'apps/v1', 'Deployment', 'podinfo');
    const { availableReplicas } = (deployment['status'] ?? {}) as { availableReplicas?: number };
    return availableReplicas === 3 ? { found: true } : { still: `${availableReplicas} replicas are available` };
  });
  say.fact('Kustomization/podinfo is Ready again, with three replicas');
}

async function reconcile({ world }: Journey): Promise<void> {
  await world.flux(['reconcile', 'kustomization', 'podinfo', '-n', namespace, '--with-source']);
}

async function mustFind(
  world: World,
  apiVersion: string,
  kind: string,
  name: string,
  where = 'default',
): Promise<KubeObject> {
  const object = await world.find(apiVersion, kind, where, name);
  if (object === undefined) throw new Error(`${kind}/${where}/${name} is not there`);
  return object;
}

function inventoryOf(kustomization: KubeObject): readonly { id: string }[] {
  const { inventory } = kustomization['status'] as { inventory?: { entries?: { id: string }[] } };
  return inventory?.entries ?? [];
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${path.basename(file)} does not contain '${from.trim()}'`);
  writeFileSync(file, text.replace(from, to));
}

function expect(actual: unknown, wanted: unknown, what: string): void {
  if (actual !== wanted) throw new Error(`${what}: expected ${String(wanted)}, found ${String(actual)}`);
}

function whatNext(sandbox: Sandbox, repository: string): string {
  const kubeconfig = sandbox.folder.kubeconfig;
  return `
The sandbox goes on until Ctrl-C. Try from another terminal:

  export KUBECONFIG=${kubeconfig}
  kubectl get ocirepositories,kustomizations,deployments,pods -A
  kubectl -n flux-system describe ocirepository podinfo
  flux get all -A
  flux tree kustomization podinfo
  flux list artifacts ${repository}
  flux -n default trace deployment podinfo
`;
}
