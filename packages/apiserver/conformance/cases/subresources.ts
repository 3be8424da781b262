import { APPLY_PATCH, exchange, type Group, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH } from '../lib/case.ts';
import { configMap, configMaps, deployment, deployments, pods } from './objects.ts';

const one = `${deployments}/web`;
const scale = (replicas: unknown, metadata: Record<string, unknown> = {}) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'web', namespace: '{ns}', ...metadata },
  spec: { replicas },
});
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'one', labels: { app: 'one' } },
  spec: { containers: [{ name: 'main', image: 'example.com/main:1' }] },
};

/** Status, scale and the other small resources below an object. */
export const subresources: Group = {
  name: 'subresources',
  cases: [
    exchange('scale: read and write', [
      ['POST', deployments, deployment('web', { paused: true })],
      ['GET', `${one}/scale`],
      ['PUT', `${one}/scale`, scale(1)],
      ['PUT', `${one}/scale?dryRun=All`, scale(3)],
      ['GET', `${one}/scale`],
    ]),
    exchange('scale: what is refused', [
      ['POST', deployments, deployment('web', { paused: true })],
      ['PUT', `${one}/scale`, scale(-1)],
      ['PUT', `${one}/scale`, scale('x')],
      ['PUT', `${one}/scale`, scale(1, { name: 'other' })],
      ['PUT', `${one}/scale`, scale(1, { resourceVersion: '1' })],
      ['PUT', `${deployments}/none/scale`, { ...scale(1), metadata: { name: 'none', namespace: '{ns}' } }],
      ['GET', `${deployments}/none/scale`],
      ['DELETE', `${one}/scale`],
      ['POST', `${one}/scale`, scale(1)],
    ]),
    exchange('scale: patches', [
      ['POST', deployments, deployment('web', { paused: true })],
      ['PATCH', `${one}/scale?dryRun=All`, { spec: { replicas: 2 } }, { type: MERGE_PATCH }],
      ['PATCH', `${one}/scale?dryRun=All`, [{ op: 'replace', path: '/spec/replicas', value: 3 }], { type: JSON_PATCH }],
      ['PATCH', `${one}/scale?dryRun=All`, { spec: { replicas: 4 } }, { type: STRATEGIC_PATCH }],
    ]),
    exchange('scale: its owner of the field', [
      ['POST', `${deployments}?fieldManager=maker`, deployment('web', { paused: true })],
      ['PATCH', `${one}/scale?fieldManager=scaler`, { spec: { replicas: 2 } }, { type: MERGE_PATCH }],
      ['GET', one],
      [
        'PATCH',
        `${one}?fieldManager=other`,
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 5 } },
        { type: APPLY_PATCH },
      ],
    ]),
    exchange('scale of a kind that has none', [
      ['POST', configMaps, configMap('a')],
      ['GET', `${configMaps}/a/scale`],
      ['GET', `${configMaps}/a/status`],
      ['GET', `${configMaps}/a/nothing`],
    ]),
    exchange('status: only the status changes', [
      ['POST', deployments, { ...deployment('web', { paused: true }), status: { replicas: 7 } }],
      [
        'PUT',
        `${one}/status`,
        { ...deployment('web', { paused: true, replicas: 9 }), status: { observedGeneration: 1, conditions: [] } },
      ],
      ['GET', `${one}/status`],
      ['PATCH', one, { status: { replicas: 3 } }, { type: MERGE_PATCH }],
    ]),
    exchange('status: labels and annotations', [
      ['POST', deployments, deployment('web', { paused: true })],
      ['PATCH', `${one}/status`, { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }, { type: MERGE_PATCH }],
      ['GET', one],
    ]),
    exchange('status: what is refused', [
      ['POST', deployments, deployment('web', { paused: true })],
      ['PATCH', `${one}/status`, { status: { replicas: -1 } }, { type: MERGE_PATCH }],
      ['PATCH', `${one}/status`, { status: { replicas: 1, readyReplicas: 2 } }, { type: MERGE_PATCH }],
      ['PATCH', `${deployments}/none/status`, { status: { replicas: 1 } }, { type: MERGE_PATCH }],
      ['DELETE', `${one}/status`],
    ]),
    exchange('status: server-side apply', [
      ['POST', deployments, deployment('web', { paused: true })],
      [
        'PATCH',
        `${one}/status?fieldManager=reporter`,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web' },
          status: { conditions: [{ type: 'Custom', status: 'True', reason: 'R', message: 'm' }] },
        },
        { type: APPLY_PATCH },
      ],
      [
        'PATCH',
        `${one}/status?fieldManager=reporter`,
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } },
        { type: APPLY_PATCH },
      ],
    ]),
    exchange('status: conditions merge by type', [
      ['POST', deployments, deployment('web', { paused: true })],
      [
        'PATCH',
        `${one}/status`,
        {
          status: {
            conditions: [
              { type: 'A', status: 'True' },
              { type: 'B', status: 'True' },
            ],
          },
        },
        { type: STRATEGIC_PATCH },
      ],
      [
        'PATCH',
        `${one}/status`,
        { status: { conditions: [{ type: 'B', status: 'False' }] } },
        { type: STRATEGIC_PATCH },
      ],
      [
        'PATCH',
        `${one}/status`,
        { status: { conditions: [{ type: 'A', $patch: 'delete' }] } },
        { type: STRATEGIC_PATCH },
      ],
    ]),
    exchange('eviction', [
      ['POST', pods, pod],
      ['POST', `${pods}/one/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'other' } }],
      ['POST', `${pods}/none/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'none' } }],
      [
        'POST',
        `${pods}/one/eviction?dryRun=All`,
        { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'one' } },
      ],
      ['POST', `${pods}/one/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'one' } }],
      ['GET', `${pods}/one`],
    ]),
    exchange('binding', [
      ['POST', pods, pod],
      [
        'POST',
        `${pods}/one/binding`,
        {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name: 'one' },
          target: { apiVersion: 'v1', kind: 'Node', name: 'n' },
        },
      ],
      ['GET', `${pods}/one`],
    ]),
    exchange('ephemeral containers', [
      ['POST', pods, pod],
      ['GET', `${pods}/one/ephemeralcontainers`],
      [
        'PATCH',
        `${pods}/one/ephemeralcontainers`,
        { spec: { ephemeralContainers: [{ name: 'debug', image: 'example.com/debug' }] } },
        { type: STRATEGIC_PATCH },
      ],
    ]),
    exchange('the status of a Pod', [
      ['POST', pods, pod],
      ['PATCH', `${pods}/one/status`, { status: { phase: 'Running', message: 'm' } }, { type: STRATEGIC_PATCH }],
      ['DELETE', `${pods}/one?gracePeriodSeconds=0`],
      ['GET', `${pods}/one`],
    ]),
  ],
};
