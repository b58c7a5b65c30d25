import type { Refusal } from '../lib/errors.ts';

export const STORE_SLUG_TAKEN: Refusal = {
  code: 'STORE_SLUG_TAKEN',
  statusCode: 409,
  message: 'Another store of this brand has this slug.',
};
export const DEFAULT_STORE: Refusal = {
  code: 'DEFAULT_STORE',
  statusCode: 409,
  message: 'The default store cannot be deleted or deactivated. Make another store the default first.',
};
export const STORE_INACTIVE: Refusal = {
  code: 'STORE_INACTIVE',
  statusCode: 409,
  message: 'An inactive store cannot be the default. Activate it first.',
};
