import type { Refusal } from '../lib/errors.ts';

export const WEBHOOK_ENDPOINT_LIMIT: Refusal = {
  code: 'WEBHOOK_ENDPOINT_LIMIT',
  statusCode: 409,
  message: 'The brand has as many webhook endpoints as it may have. Delete one that is not needed.',
};
export const WEBHOOK_ENDPOINT_INACTIVE: Refusal = {
  code: 'WEBHOOK_ENDPOINT_INACTIVE',
  statusCode: 409,
  message: 'The endpoint is not active: nothing is sent there. Enable it first.',
};
export const WEBHOOK_DELIVERY_PENDING: Refusal = {
  code: 'WEBHOOK_DELIVERY_PENDING',
  statusCode: 409,
  message: 'This delivery is still being tried: see nextAttemptAt.',
};
export const WEBHOOK_EVENT_GONE: Refusal = {
  code: 'WEBHOOK_EVENT_GONE',
  statusCode: 409,
  message: 'The event is older than 90 days, and is kept no longer.',
};
