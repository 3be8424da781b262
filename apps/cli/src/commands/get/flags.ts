import { boolFlag, stringFlag } from '../../framework/flag-types.ts';

/** Flags of every `get` command. */
export const getFlags = {
  'all-namespaces': boolFlag('list the objects of all namespaces', false, { shorthand: 'A' }),
  'label-selector': stringFlag('list only objects whose labels match', '', { shorthand: 'l' }),
  'no-header': boolFlag('leave out the header line'),
  'status-selector': stringFlag('list only objects with a condition, type=status or type!=status'),
  watch: boolFlag('go on and print what changes', false, { shorthand: 'w' }),
};
