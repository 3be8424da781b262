import { anything, array, object, oneOf, required, string } from '../schema-builder.ts';
import { selector } from './references.ts';

/** Patches in the two forms that `patches` replaced. */
export const legacyPatchFields = {
  patchesJson6902: array(
    'JSON 6902 patches with targets. Deprecated: use `patches`.',
    object('One patch.', {
      patch: required(
        array(
          'Operations in order.',
          object('One operation.', {
            from: string('Pointer to the source of a move or copy.'),
            op: required(oneOf('What to do.', ['test', 'remove', 'add', 'replace', 'move', 'copy'])),
            path: required(string('Pointer to the place that is changed.')),
            value: anything('Value to add, set or compare.'),
          }),
        ),
      ),
      target: required(selector),
    }),
  ),
  patchesStrategicMerge: array(
    'Strategic merge patches as objects. Deprecated: use `patches`.',
    anything('A partial object.'),
  ),
};
