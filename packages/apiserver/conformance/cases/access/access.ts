import type { Group } from '../../lib/case.ts';
import { escalationCases } from './escalation.ts';
import { impersonationCases } from './impersonation.ts';
import { oddReviewCases } from './odd-reviews.ts';
import { reviewCases } from './reviews.ts';
import { roleCases } from './roles.ts';
import { signingCases } from './signing-requests.ts';
import { tokenCases } from './tokens.ts';
import { withoutRoles } from './without-roles.ts';

/** Who one is, and what one may do. */
export const access: Group = {
  name: 'access',
  cases: [
    ...withoutRoles,
    ...roleCases,
    ...escalationCases,
    ...impersonationCases,
    ...reviewCases,
    ...tokenCases,
    ...oddReviewCases,
    ...signingCases,
  ],
};
