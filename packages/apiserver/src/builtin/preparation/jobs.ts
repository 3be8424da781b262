import { asObject, equalJson } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import type { Preparation } from './preparation.ts';

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';

export const jobs: Preparation = {
  create(object) {
    const spec = object['spec'] as JsonObject;
    object['status'] = {};
    if (spec['manualSelector'] === true) return;
    const uid = object.metadata.uid!;
    const name = object.metadata.name ?? '';
    const template = asObject(spec['template']);
    const meta = { ...asObject(template['metadata']) };
    // Without labels of its own a Job shares those of its template.
    const shared = object.metadata.labels === undefined || equalJson(object.metadata.labels, asObject(meta['labels']));
    meta['labels'] = {
      ...asObject(meta['labels']),
      'controller-uid': uid,
      'job-name': name,
      [CONTROLLER_UID]: uid,
      [JOB_NAME]: name,
    };
    if (shared) object.metadata.labels = meta['labels'] as { [key: string]: string };
    spec['template'] = { ...template, metadata: meta };
    const given = asObject(spec['selector']);
    spec['selector'] = { ...given, matchLabels: { ...asObject(given['matchLabels']), [CONTROLLER_UID]: uid } };
  },
};
