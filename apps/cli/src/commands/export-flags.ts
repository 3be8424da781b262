import { boolFlag } from '../framework/flag-types.ts';

/** Flags of every `export` command. */
export const exportFlags = { all: boolFlag('print all objects of the namespace') };

/** Flags of `export source`. */
export const exportSourceFlags = {
  'with-credentials': boolFlag('print the Secrets that the sources refer to, too'),
};
