import type { Refusal } from '../lib/errors.ts';

export const SKU_TAKEN: Refusal = {
  code: 'SKU_TAKEN',
  statusCode: 409,
  message: 'Another product of the brand has this SKU.',
};
export const EXTERNAL_ID_TAKEN: Refusal = {
  code: 'EXTERNAL_ID_TAKEN',
  statusCode: 409,
  message: 'Another product of the brand than the one of this id has this externalId.',
};
export const PRECONDITION_FAILED: Refusal = {
  code: 'PRECONDITION_FAILED',
  statusCode: 412,
  message: 'The product was changed since you read it: read it again.',
};
