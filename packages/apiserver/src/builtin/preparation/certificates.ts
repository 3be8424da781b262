import type { JsonObject } from '../../types.ts';
import type { Preparation } from './preparation.ts';

/** A request says who asked, and never changes. */
export const signingRequests: Preparation = {
  create(object, { user }) {
    const spec = object['spec'] as JsonObject;
    for (const field of ['username', 'uid', 'groups', 'extra']) delete spec[field];
    if (user !== undefined) {
      spec['username'] = user.username;
      if (user.uid !== undefined && user.uid !== '') spec['uid'] = user.uid;
      if (user.groups.length > 0) spec['groups'] = [...user.groups];
      const extra = Object.entries(user.extra ?? {});
      if (extra.length > 0) spec['extra'] = Object.fromEntries(extra.map(([key, values]) => [key, [...values]]));
    }
    object['status'] = {};
  },
  update(object, old) {
    object['spec'] = old['spec'];
    object['status'] = old['status'];
  },
};
