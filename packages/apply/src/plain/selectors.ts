import { listOf, oneOf, type Shape, struct } from './shapes.ts';
import { labelKey, labels, labelValue } from './texts.ts';

const expression = struct(
  { key: labelKey, operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'), values: listOf(labelValue) },
  {
    needs: ['key', 'operator'],
    also: ({ operator, values }) => {
      const count = Array.isArray(values) ? values.length : 0;
      return (operator === 'In' || operator === 'NotIn') === count > 0 ? undefined : 'values';
    },
  },
);

/** A label selector. */
export const selector: Shape = struct({ matchLabels: labels, matchExpressions: listOf(expression) });
