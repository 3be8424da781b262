import type { Group } from '../../lib/case.ts';
import { definitionCases } from './definitions.ts';
import { objectCases } from './objects.ts';
import { ruleTypeCases } from './rule-types.ts';
import { ruleCases } from './rules.ts';
import { schemaCases } from './schemas.ts';
import { versionCases } from './versions.ts';

/** Kinds that users define, and their objects. One error an object: kube-apiserver tells several in the order of a Go map, which is none. */
export const customResources: Group = {
  name: 'custom-resources',
  cases: [...schemaCases, ...objectCases, ...ruleCases, ...versionCases, ...definitionCases, ...ruleTypeCases],
};
