import type { Refusal } from '../lib/errors.ts';

export const ALREADY_CLAIMED: Refusal = {
  code: 'ALREADY_CLAIMED',
  statusCode: 409,
  message: 'The day is claimed already: the next one can be claimed at details.nextClaimAt.',
};
export const QUEST_NOT_ELIGIBLE: Refusal = {
  code: 'QUEST_NOT_ELIGIBLE',
  statusCode: 409,
  message: 'The quest cannot be claimed now: see details.reasons.',
};
export const MAX_CLAIMS_IN_USE: Refusal = {
  code: 'MAX_CLAIMS_IN_USE',
  statusCode: 409,
  message: 'The quest was claimed more often than this already: see details.claims.',
};
