import { crud } from './cases/crud.ts';
import type { Group } from './lib/case.ts';

/** Everything that is compared; one file a group. */
export const groups: readonly Group[] = [crud];
