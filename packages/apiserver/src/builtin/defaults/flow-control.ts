import { asObject, isObject } from '../../json.ts';
import { type Defaults, set, setZero, specOf } from './set.ts';

export const flowSchemas: Defaults = (object) => {
  setZero(specOf(object), 'matchingPrecedence', 1000);
};

export const priorityLevels: Defaults = (object) => {
  const spec = specOf(object);
  const exempt = spec['exempt'];
  if (isObject(exempt)) {
    set(exempt, 'nominalConcurrencyShares', 0);
    set(exempt, 'lendablePercent', 0);
  }
  const limited = spec['limited'];
  if (!isObject(limited)) return;
  set(limited, 'nominalConcurrencyShares', 30);
  set(limited, 'lendablePercent', 0);
  const queuing = asObject(limited['limitResponse'])['queuing'];
  if (!isObject(queuing)) return;
  setZero(queuing, 'queues', 64);
  setZero(queuing, 'handSize', 8);
  setZero(queuing, 'queueLengthLimit', 50);
};
