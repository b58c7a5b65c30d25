import type { Refusal } from '../lib/errors.ts';

export const API_KEY_ENDED: Refusal = {
  code: 'API_KEY_ENDED',
  statusCode: 409,
  message: 'This key is revoked, expired or replaced. Make a new one.',
};
export const API_KEY_DISABLED: Refusal = {
  code: 'API_KEY_DISABLED',
  statusCode: 409,
  message: 'This key is disabled. Enable it, or make a new one.',
};
export const KEY_CREDITS_EXHAUSTED: Refusal = {
  code: 'KEY_CREDITS_EXHAUSTED',
  statusCode: 402,
  message: 'The API key has no credits left: see details.refillsAt, or ask its brand for more.',
};
export const API_KEY_LIMIT: Refusal = {
  code: 'API_KEY_LIMIT',
  statusCode: 409,
  message: 'The brand has as many keys as it may have. Revoke one that is not needed.',
};
