import { APPLY_PATCH, type Case, type Exchange, exchange, type Group, MERGE_PATCH } from '../lib/case.ts';
import type { Session } from '../lib/session.ts';
import { configMap, configMaps, given } from './reading/pieces.ts';

const ADMISSION = 'admissionregistration.k8s.io/v1';
const policies = `/apis/${ADMISSION}/validatingadmissionpolicies`;
const bindings = `/apis/${ADMISSION}/validatingadmissionpolicybindings`;
const secrets = '/api/v1/namespaces/{ns}/secrets';
const inNamespace = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': '{ns}' } } };
const writesOf = (resources: readonly string[], apiGroups = [''], operations = ['CREATE', 'UPDATE']) => ({
  apiGroups,
  apiVersions: ['v1'],
  operations,
  resources,
});

interface PolicyCase {
  readonly rules?: readonly object[];
  readonly constraints?: object;
  /** Rest of the policy's spec. */
  readonly spec: { readonly validations: readonly object[] } & Record<string, unknown>;
  /** What the bindings say besides the policy's name, by the end of their names. */
  readonly bound?: Readonly<Record<string, object>>;
  readonly before?: (session: Session) => Promise<unknown>;
  readonly requests: readonly Exchange[];
}

/** Requests about what a policy with its bindings thinks of them, once the server has heard of it. */
function judged(name: string, { rules, constraints, spec, bound, before, requests }: PolicyCase): Case {
  return {
    name,
    async run(session) {
      await before?.(session);
      const metadata = { name: '{id}-p' };
      const resourceRules = [...(rules ?? [writesOf(['configmaps'])]), writesOf(['limitranges'], [''], ['CREATE'])];
      const probed = { expression: "object.kind != 'LimitRange' || object.metadata.name != 'probe'" };
      await given(session, policies, {
        apiVersion: ADMISSION,
        kind: 'ValidatingAdmissionPolicy',
        metadata,
        spec: {
          matchConstraints: { ...inNamespace, resourceRules, ...constraints },
          ...spec,
          validations: [probed, ...spec.validations],
        },
      });
      const all = Object.entries(bound ?? { b: { validationActions: ['Deny'] } });
      for (const [end, more] of all)
        await given(session, bindings, {
          apiVersion: ADMISSION,
          kind: 'ValidatingAdmissionPolicyBinding',
          metadata: { name: `{id}-${end}` },
          spec: { policyName: '{id}-p', ...more },
        });
      await untilHeard(session);
      for (const [method, path, body, options] of requests)
        await session.http(method, path, { ...options, ...(body === undefined ? {} : { body }) });
      for (const [end] of all) await session.http('DELETE', `${bindings}/{id}-${end}`, { unrecorded: true });
      await session.http('DELETE', `${policies}/{id}-p`, { unrecorded: true });
    },
  };
}

async function untilHeard(session: Session): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const probe = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'probe' }, spec: { limits: [] } };
    const path = '/api/v1/namespaces/{ns}/limitranges?dryRun=All';
    const { status } = await session.http('POST', path, { body: probe, unrecorded: true });
    if (status !== 201) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the policy never came into force');
}

const data = (values: Record<string, string>, name = 'x') => configMap(name, undefined, values);
const has = (key: string) => `!has(object.data) || !('${key}' in object.data)`;
const secret = (name: string, type = 'Opaque') => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, type });

/** Dry runs of policies that have one validation each, and what the server says of its expression. */
function expressions(name: string, texts: readonly string[], more: (text: string) => object = validated): Case {
  return exchange(
    `expressions: ${name}`,
    texts.map((text) => [
      'POST',
      `${policies}?dryRun=All`,
      {
        apiVersion: ADMISSION,
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: '{id}-e' },
        spec: {
          matchConstraints: { resourceRules: [writesOf(['configmaps'])] },
          validations: [{ expression: 'true' }],
          ...more(text),
        },
      },
    ]),
  );
}
const validated = (expression: string) => ({ validations: [{ expression }] });

/** What ValidatingAdmissionPolicies let through, and in which words they refuse. */
export const admissionPolicies: Group = {
  name: 'admission-policies',
  cases: [
    judged('refusals and their words', {
      before: (session) => given(session, configMaps, data({ plain: 'as before' }, 'old')),
      spec: {
        validations: [
          { expression: has('plain') },
          { expression: `  ${has('padded')} ` },
          { expression: has('message'), message: 'has a message', reason: 'Forbidden' },
          { expression: has('large'), reason: 'RequestEntityTooLarge' },
          { expression: has('said'), messageExpression: "'it says ' + object.data.said" },
          { expression: has('blank'), messageExpression: "' '", message: 'instead' },
          { expression: has('lines'), messageExpression: "'a\\nb'" },
          { expression: has('failing'), messageExpression: 'string(object.nope.x)', message: 'instead' },
          { expression: `${has('error')} || object.data.nope == 'x'`, reason: 'RequestEntityTooLarge' },
        ],
      },
      requests: [
        ...['fine', 'plain', 'padded', 'message', 'large', 'said', 'blank', 'lines', 'failing', 'error'].map(
          (key): Exchange => ['POST', configMaps, data({ [key]: 'so' }, `c-${key}`)],
        ),
        ['POST', configMaps, data({ plain: '1', message: '2' })],
        ['PATCH', `${configMaps}/c-fine`, { data: { message: '1' } }, { type: MERGE_PATCH }],
        ['PATCH', `${configMaps}/old`, {}, { type: MERGE_PATCH }],
        ['PATCH', `${configMaps}/y?fieldManager=m`, { ...data({ said: 'no' }, 'y') }, { type: APPLY_PATCH }],
        ['PUT', `${configMaps}/c-fine`, data({ plain: '' }, 'c-fine')],
        ['POST', `${configMaps}?dryRun=All`, data({ plain: '1' })],
        ['POST', secrets, secret('unasked')],
      ],
    }),
    judged('warnings of bindings that only warn', {
      spec: { validations: [{ expression: has('one') }, { expression: has('two'), message: 'no two' }] },
      bound: {
        a: { validationActions: ['Warn', 'Audit'] },
        b: { validationActions: ['Audit'] },
        c: {
          validationActions: ['Deny'],
          matchResources: { resourceRules: [writesOf(['limitranges'], [''], ['CREATE'])] },
        },
      },
      requests: [['POST', configMaps, data({ one: '1', two: '2' })]],
    }),
    judged('what a request is', {
      rules: [writesOf(['configmaps', 'configmaps/*'], [''], ['*'])],
      spec: {
        validations: [
          {
            expression: "has(object.nope) || request.operation == 'DELETE' || object.metadata.name == 'there'",
            messageExpression: [
              'request.operation',
              'request.name',
              'request.namespace',
              'request.kind.kind',
              'request.resource.resource',
              'request.requestKind.version',
              'request.userInfo.username',
              'string(request.dryRun)',
              'string(oldObject == null)',
              'namespaceObject.metadata.name',
            ].join(" + ' ' + "),
          },
          {
            expression: "request.operation != 'DELETE' || oldObject.data.a != '1'",
            messageExpression: "'may not go: ' + string(object == null)",
          },
        ],
      },
      before: (session) => given(session, configMaps, configMap('there')),
      requests: [
        ['POST', configMaps, data({}), { as: { user: 'admin', groups: ['system:masters'] } }],
        ['POST', `${configMaps}?dryRun=All`, data({})],
        ['DELETE', `${configMaps}/there`],
        ['DELETE', `${configMaps}?fieldSelector=metadata.name%3Dthere`],
        ['PATCH', `${configMaps}/there`, { data: { a: '2' } }, { type: MERGE_PATCH }],
        ['DELETE', `${configMaps}/there`],
      ],
    }),
    judged('conditions and variables', {
      spec: {
        matchConditions: [
          { name: 'free', expression: "!object.metadata.name.startsWith('free')" },
          { name: 'breaks', expression: "object.metadata.name != 'breaks' || object.nope.x" },
        ],
        variables: [
          { name: 'team', expression: 'object.metadata.labels.team' },
          { name: 'size', expression: 'has(object.data) ? size(object.data) : 0' },
          { name: 'big', expression: 'variables.size > 1' },
        ],
        validations: [
          { expression: '!variables.big', messageExpression: "'size ' + string(variables.size)" },
          { expression: "object.metadata.name != 'mine' || variables.team == 'a'" },
        ],
      },
      requests: [
        ['POST', configMaps, data({ a: '1', b: '2' }, 'free-1')],
        ['POST', configMaps, data({ a: '1', b: '2' })],
        ['POST', configMaps, data({}, 'breaks')],
        ['POST', configMaps, data({}, 'mine')],
        ['POST', configMaps, configMap('mine', { team: 'a' })],
      ],
    }),
    judged('a policy that fails open', {
      spec: {
        failurePolicy: 'Ignore',
        validations: [{ expression: 'object.nope.x == 1' }, { expression: has('bad') }],
      },
      requests: [
        ['POST', configMaps, data({ a: '1' })],
        ['POST', configMaps, data({ bad: '1' }, 'y')],
      ],
    }),
    judged('parameters', {
      rules: [writesOf(['secrets'])],
      spec: {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        validations: [
          {
            expression: "object.kind != 'Secret' || object.type == params.data.type",
            messageExpression: "params.metadata.name + ' wants ' + params.data.type",
          },
        ],
      },
      bound: {
        a: { validationActions: ['Deny'], paramRef: { name: 'settings', parameterNotFoundAction: 'Deny' } },
        b: {
          validationActions: ['Warn'],
          paramRef: { selector: { matchLabels: { of: 'params' } }, parameterNotFoundAction: 'Allow' },
        },
      },
      before: (session) =>
        given(
          session,
          configMaps,
          data({ type: 'a.b/c' }, 'settings'),
          configMap('other', { of: 'params' }, { type: 'd.e/f' }),
        ),
      requests: [
        ['POST', secrets, secret('right', 'a.b/c')],
        ['POST', secrets, secret('wrong', 'd.e/f')],
      ],
    }),
    judged('parameters that are not there', {
      rules: [writesOf(['secrets'])],
      spec: { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'params.data.x == 1' }] },
      bound: {
        a: { validationActions: ['Warn'] },
        b: { validationActions: ['Warn'], paramRef: { name: 'none', parameterNotFoundAction: 'Allow' } },
        c: { validationActions: ['Deny'], paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } },
      },
      requests: [['POST', secrets, secret('x')]],
    }),
    judged('what rules and selectors choose', {
      rules: [
        writesOf(['deployments', 'deployments/status'], ['apps'], ['UPDATE']),
        { ...writesOf(['secrets']), resourceNames: ['named'] },
        { ...writesOf(['*']), scope: 'Cluster' },
      ],
      constraints: { objectSelector: { matchExpressions: [{ key: 'free', operator: 'DoesNotExist' }] } },
      spec: { validations: [{ expression: "object.kind == 'LimitRange'" }] },
      requests: [
        ['POST', secrets, secret('named')],
        ['POST', secrets, secret('other')],
        ['POST', secrets, { ...secret('named'), metadata: { name: 'named', labels: { free: 'yes' } } }],
        ['POST', configMaps, data({})],
        [
          'POST',
          '/apis/apps/v1/namespaces/{ns}/deployments',
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            metadata: { name: 'd' },
            spec: {
              selector: { matchLabels: { a: 'b' } },
              template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
            },
          },
          { unrecorded: true },
        ],
        ['PATCH', '/apis/apps/v1/namespaces/{ns}/deployments/d', { spec: { replicas: 2 } }, { type: MERGE_PATCH }],
        [
          'PATCH',
          '/apis/apps/v1/namespaces/{ns}/deployments/d/status',
          { status: { replicas: 1 } },
          { type: MERGE_PATCH },
        ],
      ],
    }),
    judged('another version of what a rule names', {
      rules: [{ ...writesOf(['horizontalpodautoscalers'], ['autoscaling']), apiVersions: ['v1'] }],
      spec: {
        validations: [
          {
            expression: "object.kind == 'LimitRange'",
            messageExpression:
              "object.apiVersion + ' ' + request.kind.version + ' ' + request.requestKind.version + ' ' + string(object.spec.targetCPUUtilizationPercentage)",
          },
        ],
      },
      requests: [
        [
          'POST',
          '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
          {
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            metadata: { name: 'h' },
            spec: {
              scaleTargetRef: { kind: 'Deployment', name: 'd' },
              maxReplicas: 3,
              metrics: [
                {
                  type: 'Resource',
                  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
                },
              ],
            },
          },
        ],
      ],
    }),
    expressions('validations', [
      'object.spec.replicas <= 5',
      'object.flag',
      '1 + 1',
      "'a'",
      'object.a ==',
      'nothing.a == 1',
      'variables.x == 1',
      'params.x == 1',
      "request.name == 'a' && request.userInfo.groups.exists(g, g == 'x')",
      'request.nope == 1',
      "request.kind.kind == 'Pod' && request.resource.nope == ''",
      "request.userInfo.extra['a'].size() == 1",
      "request.options.x == 'a'",
      "namespaceObject.metadata.labels['a'] == 'b'",
      'namespaceObject.spec.nope == 1',
      'namespaceObject.metadata.nope == 1',
      "namespaceObject.metadata.creationTimestamp < timestamp('2026-01-01T00:00:00Z')",
      "namespaceObject.status.phase == 'Active' && namespaceObject.spec.finalizers.size() > 0",
      "authorizer.group('').resource('pods').namespace('x').check('get').allowed()",
      "authorizer.requestResource.check('get').allowed()",
      "authorizer.path('/healthz').check('get').reason() == ''",
      "authorizer.serviceAccount('a', 'b').group('').resource('x').check('y').errored()",
      'object.?spec.replicas.orValue(1) > 0',
      "quantity(object.spec.size).isLessThan(quantity('1Gi'))",
      "object.metadata.name.matches('^[a-z]+$')",
      "object.metadata.name.matches('[')",
      "1 + 'a' == 2",
    ]),
    expressions(
      'messages',
      ["'a'", 'object.name', 'string(object.name)', '1', 'nothing', "'a' +"],
      (messageExpression) => ({ validations: [{ expression: 'true', messageExpression }] }),
    ),
    expressions(
      'conditions',
      ['true', 'object.x', '1', 'variables.a == 1', 'params.x == 1', 'namespaceObject.metadata.name == ""', 'x'],
      (expression) => ({ matchConditions: [{ name: 'c', expression }] }),
    ),
    expressions('variables', ['1', 'object.x', 'variables.a', 'nothing', '1 +'], (expression) => ({
      variables: [
        { name: 'x', expression },
        { name: 'y', expression: 'variables.x' },
        { name: 'z', expression: 'variables.z' },
      ],
      validations: [{ expression: 'variables.y == 1' }, { expression: "variables.x == 'a'" }],
    })),
    expressions('annotations', ["'a'", 'null', '1', 'object.a', "object.a ? 'a' : null", 'x'], (valueExpression) => ({
      auditAnnotations: [{ key: 'k', valueExpression }],
    })),
    expressions('parameters', ['params.a == 1', 'params', 'params == null'], (expression) => ({
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [{ name: 'c', expression }],
      validations: [{ expression }],
    })),
  ],
};
