import type { Refusal } from '../lib/errors.ts';

export const TOO_FEW_POINTS: Refusal = {
  code: 'TOO_FEW_POINTS',
  statusCode: 409,
  message: 'The member has fewer points than that: see details.balance.',
};
