import type { Refusal } from '../lib/errors.ts';

export const ALREADY_CLAIMED: Refusal = {
  code: 'ALREADY_CLAIMED',
  statusCode: 409,
  message: 'It is claimed already: details.nextClaimAt says from when it can be claimed again, if ever.',
};
export const QUEST_NOT_ELIGIBLE: Refusal = {
  code: 'QUEST_NOT_ELIGIBLE',
  statusCode: 409,
  message: 'The quest cannot be completed or claimed now: see details.reasons.',
};
export const QUEST_BUSY: Refusal = {
  code: 'CONFLICT',
  statusCode: 409,
  message: 'Others moved the same quest at the same time, again and again: try once more.',
};
export const MAX_CLAIMS_IN_USE: Refusal = {
  code: 'MAX_CLAIMS_IN_USE',
  statusCode: 409,
  message: 'The quest was claimed more often than this already: see details.claims.',
};
export const SUBMISSION_PENDING: Refusal = {
  code: 'SUBMISSION_PENDING',
  statusCode: 409,
  message: 'A proof of yours waits for the team already: see details.submissionId.',
};
export const SUBMISSION_DECIDED: Refusal = {
  code: 'SUBMISSION_DECIDED',
  statusCode: 409,
  message: 'The proof was approved or rejected already: see details.status.',
};
export const NOT_COMPLETED: Refusal = {
  code: 'NOT_COMPLETED',
  statusCode: 409,
  message: 'The quest is not completed, or its completion was revoked already.',
};
export const NO_STREAK: Refusal = {
  code: 'NO_STREAK',
  statusCode: 409,
  message: 'There is no streak that a freeze could protect: claim a day first.',
};
export const FREEZES_NOT_SOLD: Refusal = {
  code: 'FREEZES_NOT_SOLD',
  statusCode: 409,
  message: 'This quest sells no freezes.',
};
export const FREEZES_FULL: Refusal = {
  code: 'FREEZES_FULL',
  statusCode: 409,
  message: 'As many freezes are kept as can be: see details.max.',
};
export const STREAK_MOVED: Refusal = {
  code: 'STREAK_MOVED',
  statusCode: 409,
  message: 'The streak was claimed or set again since that snapshot: it cannot be gone back to.',
};
