import { boolFlag, durationFlag, listFlag } from '../../framework/flag-types.ts';

/** Flags of every `create` command. */
export const createFlags = {
  export: boolFlag('print the object as YAML instead of applying it'),
  interval: durationFlag('how often the object is reconciled', '1m0s'),
  label: listFlag('labels of the object, `key=value`, may be given several times'),
};

/** Flags of every `create source` command. */
export const sourceFlags = {
  'fetch-timeout': durationFlag('deadline of fetches; the default of the kind when absent'),
};
