import { asObject } from '../../json.ts';
import type { Preparation } from './preparation.ts';

/** A version without a Service behind it is served by this server itself, which is there. */
export const apiServices: Preparation = {
  create(object, { now }) {
    const available = {
      lastTransitionTime: now,
      message: 'Local APIServices are always available',
      reason: 'Local',
      status: 'True',
      type: 'Available',
    };
    object['status'] = asObject(object['spec'])['service'] === undefined ? { conditions: [available] } : {};
  },
};
