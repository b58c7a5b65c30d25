import type { Refusal } from '../lib/errors.ts';

export const INVALID_SIGNATURE: Refusal = {
  code: 'INVALID_SIGNATURE',
  statusCode: 400,
  message: 'The event is not signed by Stripe at about this time, with a secret of this endpoint.',
};
export const WRONG_LIVEMODE: Refusal = {
  code: 'WRONG_LIVEMODE',
  statusCode: 400,
  message: 'A test event is nothing for live data, nor the other way round.',
};
