import { asArray, asNumber, asObject, asString, dig } from '../../json.ts';
import { ageOf, humanDuration } from '../human-duration.ts';
import { type Cells, containers, mapSelector, NONE, orNone, selector } from './texts.ts';

const deployments: Cells = (object) => {
  const status = asObject(object['status']);
  return {
    Ready: `${asNumber(status['readyReplicas'])}/${asNumber(dig(object, 'spec', 'replicas'))}`,
    'Up-to-date': asNumber(status['updatedReplicas']),
    Available: asNumber(status['availableReplicas']),
    ...containers(dig(object, 'spec', 'template', 'spec')),
    Selector: selector(dig(object, 'spec', 'selector')),
  };
};

const statefulSets: Cells = (object) => ({
  Ready: `${asNumber(dig(object, 'status', 'readyReplicas'))}/${asNumber(dig(object, 'spec', 'replicas'))}`,
  ...containers(dig(object, 'spec', 'template', 'spec')),
});

const replicaSets: Cells = (object) => ({
  Desired: asNumber(dig(object, 'spec', 'replicas')),
  Current: asNumber(dig(object, 'status', 'replicas')),
  Ready: asNumber(dig(object, 'status', 'readyReplicas')),
  ...containers(dig(object, 'spec', 'template', 'spec')),
  Selector:
    object.kind === 'ReplicationController'
      ? mapSelector(dig(object, 'spec', 'selector'))
      : selector(dig(object, 'spec', 'selector')),
});

const daemonSets: Cells = (object) => {
  const status = asObject(object['status']);
  return {
    Desired: asNumber(status['desiredNumberScheduled']),
    Current: asNumber(status['currentNumberScheduled']),
    Ready: asNumber(status['numberReady']),
    'Up-to-date': asNumber(status['updatedNumberScheduled']),
    Available: asNumber(status['numberAvailable']),
    'Node Selector': mapSelector(dig(object, 'spec', 'template', 'spec', 'nodeSelector')),
    ...containers(dig(object, 'spec', 'template', 'spec')),
    Selector: selector(dig(object, 'spec', 'selector')),
  };
};

const jobs: Cells = (object, now) => {
  const spec = asObject(object['spec']);
  const status = asObject(object['status']);
  const done = asNumber(status['succeeded']);
  const parallelism = asNumber(spec['parallelism']);
  const completions =
    typeof spec['completions'] === 'number'
      ? `${done}/${spec['completions']}`
      : parallelism > 1
        ? `${done}/1 of ${parallelism}`
        : `${done}/1`;
  const holds = (type: string) =>
    asArray(status['conditions']).some((c) => asObject(c)['type'] === type && asObject(c)['status'] === 'True');
  const word = holds('Complete')
    ? 'Complete'
    : holds('Failed')
      ? 'Failed'
      : object.metadata.deletionTimestamp !== undefined
        ? 'Terminating'
        : holds('Suspended')
          ? 'Suspended'
          : holds('FailureTarget')
            ? 'FailureTarget'
            : holds('SuccessCriteriaMet')
              ? 'SuccessCriteriaMet'
              : 'Running';
  const start = Date.parse(asString(status['startTime']));
  const end = status['completionTime'] === undefined ? now.getTime() : Date.parse(asString(status['completionTime']));
  return {
    Status: word,
    Completions: completions,
    Duration: Number.isNaN(start) ? '' : humanDuration(end - start),
    ...containers(dig(spec, 'template', 'spec')),
    Selector: selector(spec['selector']),
  };
};

const cronJobs: Cells = (object, now) => ({
  Schedule: asString(dig(object, 'spec', 'schedule')),
  Timezone: orNone(dig(object, 'spec', 'timeZone')),
  Suspend: dig(object, 'spec', 'suspend') === true ? 'True' : 'False',
  Active: asArray(dig(object, 'status', 'active')).length,
  'Last Schedule':
    dig(object, 'status', 'lastScheduleTime') === undefined
      ? NONE
      : ageOf(dig(object, 'status', 'lastScheduleTime'), now),
  ...containers(dig(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec')),
  Selector: selector(dig(object, 'spec', 'jobTemplate', 'spec', 'selector')),
});

/** The columns of what makes pods. */
export const workloadCells: readonly (readonly [resource: string, Cells])[] = [
  [
    '/podtemplates',
    (object) => ({
      ...containers(dig(object, 'template', 'spec')),
      'Pod Labels': mapSelector(dig(object, 'template', 'metadata', 'labels')),
    }),
  ],
  ['/replicationcontrollers', replicaSets],
  [
    'apps/controllerrevisions',
    (object) => {
      const owner = object.metadata.ownerReferences?.find((o) => o.controller === true);
      return {
        Controller: owner === undefined ? NONE : `${owner.kind.toLowerCase()}.apps/${owner.name}`,
        Revision: asNumber(object['revision']),
      };
    },
  ],
  ['apps/daemonsets', daemonSets],
  ['apps/deployments', deployments],
  ['apps/replicasets', replicaSets],
  ['apps/statefulsets', statefulSets],
  ['batch/cronjobs', cronJobs],
  ['batch/jobs', jobs],
];
