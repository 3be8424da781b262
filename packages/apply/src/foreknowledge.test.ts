import { type ApiServer, startApiServer } from '@fluvial/apiserver';
import { type ControlPlane, findControlPlaneAssets, startControlPlane } from '@fluvial/control-plane';
import {
  bearerToken,
  createInformerCache,
  createKubeClient,
  type InformerCache,
  type KubeClient,
  type KubeObject,
  loadKubeConfig,
  type RequestInfo,
} from '@fluvial/kube';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Applier, ApplierOptions } from './applier.ts';
import { formatChanges, formatFailure } from './change-set.ts';
import { createApplier } from './create-applier.ts';
import type { ApplyError } from './errors.ts';
import { createObservedState, type ObservedState } from './observed-state.ts';
import { prepareObjects } from './prepare-objects.ts';

const assets = findControlPlaneAssets();
const admission = 'admissionregistration.k8s.io/v1';
const labels = { app: 'web' };

function fourObjects(namespace: string, port = 80, path = '/'): KubeObject[] {
  const metadata = { name: 'web', namespace };
  const backend = { service: { name: 'web', port: { number: 80 } } };
  const container = { name: 'web', image: 'web:1' };
  return prepareObjects(
    [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port }] } },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [container] } },
        },
      },
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata,
        spec: { rules: [{ http: { paths: [{ path, pathType: 'Prefix', backend }] } }] },
      },
    ],
    { owner: { name: 'web', namespace } },
  );
}

const fewRequests = ['patch deployments', 'patch ingresses', 'patch serviceaccounts', 'patch services'];
const dryRunsOf = (lines: readonly string[]) => lines.filter((line) => line.endsWith(' dry'));

type Cluster = { connect(onRequest: (info: RequestInfo) => void): Promise<KubeClient>; stop(): Promise<void> };

async function startEmbedded(): Promise<Cluster> {
  const server: ApiServer = await startApiServer({ token: 'test-token' });
  const config = { server: server.plainUrl, authorize: bearerToken('test-token') };
  return { connect: async (onRequest) => createKubeClient(config, { onRequest }), stop: () => server.close() };
}

async function startReal(): Promise<Cluster> {
  const plane: ControlPlane = await startControlPlane(assets!);
  const config = await loadKubeConfig({ kubeconfig: plane.kubeconfig });
  return { connect: async (onRequest) => createKubeClient(config, { onRequest }), stop: () => plane.stop() };
}

describe.each([
  ['the embedded server', startEmbedded, false],
  ['kube-apiserver (skipped without the binaries of a control plane)', startReal, assets === undefined],
] as const)('dry runs that are not needed, on %s', (_, start, isSkipped) => {
  let cluster: Cluster;
  let client: KubeClient;
  let informers: InformerCache;
  let observed: ObservedState;
  let applier: Applier;
  const log: string[] = [];
  let namespaces = 0;
  const undo: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    if (isSkipped) return;
    cluster = await start();
    client = await cluster.connect(({ verb, resource, subresource, dryRun, code }) => {
      if (verb !== 'watch' && code !== 0 && subresource === '' && resource !== '')
        log.push(`${verb} ${resource}${dryRun ? ' dry' : ''}`);
    });
    informers = createInformerCache(client);
    observed = createObservedState({ informers, client });
    applier = applierOf({ observed });
  }, 60_000);
  afterAll(async () => {
    informers?.stop();
    await client?.close();
    await cluster?.stop();
  });
  afterEach(async () => {
    for (const task of undo.splice(0)) await task();
  });

  const applierOf = (options: Partial<ApplierOptions>) =>
    createApplier({ client, fieldManager: 'kustomize-controller', ...options });
  const requests = () => log.splice(0).sort();

  /** A new namespace that the watch has told of. */
  async function newNamespace(): Promise<string> {
    const name = `apps-${++namespaces}`;
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await until(() => observed.live({ apiVersion: 'v1', kind: 'Namespace', name, namespace: '' }).state !== 'absent');
    requests();
    return name;
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Creates the object and waits until the watch has told of it; the next `afterEach` takes it away again. */
  async function create(object: KubeObject): Promise<void> {
    await client.create(object);
    const { name, namespace = '' } = object.metadata;
    const count = observed.list(object)?.length;
    if (count !== undefined)
      await until(() => observed.list(object)?.some(({ metadata }) => metadata.name === name) === true);
    undo.push(async () => {
      await client.delete(object, name, namespace);
      await until(() => observed.list(object)?.every(({ metadata }) => metadata.name !== name) !== false);
    });
    requests();
  }

  async function dryRuns(using = applier): Promise<string[]> {
    const namespace = await newNamespace();
    await using.applySet(fourObjects(namespace));
    return dryRunsOf(requests());
  }

  /** Brings all watches up. */
  const warmUp = async () => {
    await dryRuns();
  };

  test.skipIf(isSkipped)('the first app asks what the identity may do, the next costs four applies', async () => {
    const [first, second] = [await newNamespace(), await newNamespace()];
    await applier.applySet(fourObjects(first));
    const asked = requests().filter((line) => !line.startsWith('list '));
    expect(asked).toEqual([...Array.from({ length: 8 }, () => 'create selfsubjectaccessreviews'), ...fewRequests]);
    const changes = await applier.applySet(fourObjects(second));
    expect(requests()).toEqual(fewRequests);
    expect(formatChanges(changes)).toBe(
      ['ServiceAccount', 'Service', 'Deployment', 'Ingress'].map((kind) => `${kind}/${second}/web created`).join('\n'),
    );
    expect(await applier.applySet(fourObjects(second)).then(formatChanges)).toBe('');
    expect(requests()).toEqual([]);
  });

  test.skipIf(isSkipped)(
    'an invalid Service beside valid objects: nothing is applied, and the text is that of its dry run',
    async () => {
      await warmUp();
      const namespace = await newNamespace();
      const error = await applier.applySet(fourObjects(namespace, 99_999)).catch((e: unknown) => e as ApplyError);
      const { message, changes, code } = error as ApplyError;
      expect(code).toBe('DRY_RUN');
      expect(formatFailure(message, changes)).toMatch(
        `Service/${namespace}/web dry-run failed (Invalid): Service "web" is invalid: [spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive]`,
      );
      expect(changes).toEqual([]);
      for (const kind of ['ServiceAccount', 'Service'])
        expect(await client.find({ apiVersion: 'v1', kind }, 'web', namespace)).toBeUndefined();
    },
  );

  test.skipIf(isSkipped)('an invalid Ingress is found by its dry run, before anything is applied', async () => {
    await warmUp();
    const namespace = await newNamespace();
    await expect(applier.applySet(fourObjects(namespace, 80, 'no-slash'))).rejects.toThrow(
      `Ingress/${namespace}/web dry-run failed (Invalid): Ingress.networking.k8s.io "web" is invalid: spec.rules[0].http.paths[0].path: Invalid value: "no-slash": must be an absolute path`,
    );
    expect(requests()).toEqual(['patch ingresses dry']);
  });

  const rule = (group: string, resource: string) => ({
    apiGroups: [group],
    apiVersions: ['*'],
    operations: ['CREATE'],
    resources: [resource],
  });

  test.skipIf(isSkipped)('policies about a kind bring back its check, those about others do not', async () => {
    await warmUp();
    const policy = (name: string, resource: string): KubeObject => ({
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        matchConstraints: { resourceRules: [rule(resource.includes('/') ? 'example.com' : '', resource)] },
        validations: [{ expression: 'true' }],
      },
    });
    await create(policy('others', 'services/x'));
    expect(await dryRuns()).toEqual([]);
    await create(policy('about-services', 'services'));
    // One that is not known to be accepted goes out first, alone.
    const namespace = await newNamespace();
    await applier.applySet(fourObjects(namespace));
    const order = [...log];
    expect(dryRunsOf(requests())).toEqual([]);
    expect(order.indexOf('patch services')).toBeLessThan(order.indexOf('patch serviceaccounts'));
    await create(policy('about-accounts', 'serviceaccounts'));
    expect(await dryRuns()).toEqual(['patch services dry']);
  });

  test.skipIf(isSkipped)('so does a policy of our own, before the watch tells of it', async () => {
    await warmUp();
    const policy: KubeObject = {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'own' },
      spec: { matchConstraints: { resourceRules: [rule('*', '*')] }, validations: [{ expression: 'true' }] },
    };
    undo.push(() => client.delete(policy, 'own'));
    const namespace = await newNamespace();
    await applier.applySet(prepareObjects([policy]));
    requests();
    await applier.applySet(fourObjects(namespace));
    // The ServiceAccount goes out first, alone.
    expect(dryRunsOf(requests())).toEqual(['patch deployments dry', 'patch ingresses dry', 'patch services dry']);
  });

  test.skipIf(isSkipped)('a webhook about Ingresses brings back their dry run', async () => {
    await warmUp();
    await create({
      apiVersion: admission,
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'ingresses' },
      webhooks: [
        {
          name: 'ingresses.example.com',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          failurePolicy: 'Ignore',
          timeoutSeconds: 1,
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          rules: [rule('networking.k8s.io', '*')],
        },
      ],
    });
    expect(await dryRuns()).toEqual(['patch ingresses dry']);
  });

  test.skipIf(isSkipped)('a quota counts in its namespace', async () => {
    await warmUp();
    const namespace = await newNamespace();
    await create({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few', namespace },
      spec: { hard: { services: '5' } },
    });
    await applier.applySet(fourObjects(namespace));
    expect(dryRunsOf(requests())).toEqual(['patch deployments dry', 'patch ingresses dry', 'patch services dry']);
    expect(await dryRuns()).toEqual([]);
  });

  test.skipIf(isSkipped)('a namespace on its way out: nothing is applied', async () => {
    await warmUp();
    const namespace = await newNamespace();
    const held = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', namespace, finalizers: ['example.com/x'] },
    };
    await client.create(held);
    await client.delete({ apiVersion: 'v1', kind: 'Namespace' }, namespace);
    const isGoing = () => {
      const live = observed.live({ apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace: '' });
      return live.state === 'present' && live.object.metadata.deletionTimestamp !== undefined;
    };
    await until(isGoing);
    requests();
    await expect(applier.applySet(fourObjects(namespace).slice(1))).rejects.toThrow('dry-run failed (Forbidden)');
    expect(requests().filter((line) => line.startsWith('patch') && !line.endsWith('dry'))).toEqual([]);
    await client.patch(held, 'held', namespace, { type: 'merge', body: { metadata: { finalizers: [] } } });
  });

  test.skipIf(isSkipped)('every identity has its own answer: bound to a namespace, or not', async () => {
    const home = await newNamespace();
    const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: home });
    const group = 'rbac.authorization.k8s.io';
    const binding = (kind: string, name: string, namespace?: string): KubeObject => ({
      apiVersion: `${group}/v1`,
      kind,
      metadata: { name, ...(namespace && { namespace }) },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [account(name)],
    });
    await create(binding('RoleBinding', 'bound', home));
    await create(binding('ClusterRoleBinding', 'free'));
    const as = (name: string) =>
      applierOf({
        client: client.impersonate({ user: `system:serviceaccount:${home}:${name}` }),
        observed: createObservedState({ informers, client }),
        watchesForOthers: true,
      });
    const bound = as('bound');
    requests();
    await bound.applySet(fourObjects(home));
    // One question, and no second one for the other kinds.
    expect(requests()).toEqual([
      'create selfsubjectaccessreviews',
      'patch deployments',
      'patch deployments dry',
      'patch ingresses',
      'patch ingresses dry',
      'patch serviceaccounts',
      'patch services',
      'patch services dry',
    ]);
    expect(await dryRuns(as('free'))).toEqual([]);
  });

  test.skipIf(isSkipped)('without watches, as for another cluster, all is checked', async () => {
    const namespace = await newNamespace();
    await applierOf({}).applySet(fourObjects(namespace));
    const lines = requests();
    expect(dryRunsOf(lines)).toHaveLength(4);
    expect(lines).not.toContain('create selfsubjectaccessreviews');
  });
});

test('a server that refuses all the same: the text of a dry run, what was done, and dry runs from then on', async () => {
  // An authorizer that allows a kind everywhere but in one place cannot be told from one that allows it.
  const server = await startApiServer({
    token: 'test-token',
    authorizer: (_user, { verb, resource, namespace }) => ({
      allowed: !(verb === 'patch' && resource === 'services' && namespace === 'odd'),
    }),
  });
  const client = createKubeClient({ server: server.plainUrl, authorize: bearerToken('test-token') });
  const informers = createInformerCache(client);
  try {
    for (const name of ['odd', 'odd-2'])
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const observed = createObservedState({ informers, client });
    const applier = createApplier({ client, fieldManager: 'kustomize-controller', observed });
    const fail = async () => (await applier.applySet(fourObjects('odd')).catch((e: unknown) => e)) as ApplyError;
    const error = await fail();
    expect(error.message).toMatch('Service/odd/web dry-run failed (Forbidden): services "web" is forbidden');
    expect(formatChanges(error.changes)).toBe('ServiceAccount/odd/web created');
    const find = (kind: string) =>
      client.find({ apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1', kind }, 'web', 'odd');
    expect(await find('Deployment')).toBeUndefined();

    // Now it is known: nothing is applied before the server has agreed to Services.
    await client.delete({ apiVersion: 'v1', kind: 'ServiceAccount' }, 'web', 'odd');
    while (
      observed.live({ apiVersion: 'v1', kind: 'ServiceAccount', name: 'web', namespace: 'odd' }).state !== 'absent'
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
    const again = await fail();
    expect(again.message).toBe(error.message);
    expect(again.changes).toEqual([]);
    expect(await find('ServiceAccount')).toBeUndefined();
  } finally {
    informers.stop();
    await client.close();
    await server.close();
  }
});

test('a watch with trouble tells nothing until it has news', async () => {
  const kind = { apiVersion: admission, kind: 'MutatingWebhookConfiguration' };
  let isBroken = true;
  const server = await startApiServer({
    token: 'test-token',
    faults: ({ path, query }) =>
      isBroken && path.includes('mutatingwebhook') && query.has('watch')
        ? { kind: 'status', code: 403, message: 'not now' }
        : undefined,
  });
  let dry = 0;
  const client = createKubeClient(
    { server: server.plainUrl, authorize: bearerToken('test-token') },
    { onRequest: ({ dryRun }) => (dry += Number(dryRun)) },
  );
  const informers = createInformerCache(client, { defaults: { backoffMs: { first: 5, max: 10 } } });
  try {
    const observed = createObservedState({ informers, client });
    const applier = createApplier({ client, fieldManager: 'kustomize-controller', observed });
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const dryRuns = async (namespace: string) => {
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace: '' };
      await observed.watch(ref);
      await until(() => observed.live(ref).state === 'present');
      dry = 0;
      await applier.applySet(fourObjects(namespace));
      return dry;
    };
    await client.mapper.resolve(kind.apiVersion, kind.kind);
    await client.mapper.resolve('v1', 'Namespace');
    await observed.watch(kind);
    await until(() => observed.list(kind) === undefined);
    expect(await dryRuns('one')).toBe(3);
    isBroken = false;
    await client.create({ ...kind, metadata: { name: 'of-nothing' }, webhooks: [] });
    await until(() => observed.list(kind)?.length === 1);
    expect(await dryRuns('two')).toBe(0);
  } finally {
    informers.stop();
    await client.close();
    await server.close();
  }
});
