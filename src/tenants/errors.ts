import type { Refusal } from '../lib/errors.ts';

export const SUBDOMAIN_TAKEN: Refusal = {
  code: 'SUBDOMAIN_TAKEN',
  statusCode: 409,
  message: 'This subdomain is taken or reserved. Choose another.',
};
export const CUSTOM_DOMAIN_TAKEN: Refusal = {
  code: 'CUSTOM_DOMAIN_TAKEN',
  statusCode: 409,
  message: 'Another brand uses this domain.',
};
export const ILLEGAL_STATUS_CHANGE: Refusal = {
  code: 'ILLEGAL_STATUS_CHANGE',
  statusCode: 409,
  message: 'The brand cannot go from its present status to this one.',
};
export const STRIPE_ACCOUNT_UNUSABLE: Refusal = {
  code: 'STRIPE_ACCOUNT_UNUSABLE',
  statusCode: 409,
  message: 'The platform may not act for this account: connect it first.',
};
export const STRIPE_ACCOUNT_TAKEN: Refusal = {
  code: 'STRIPE_ACCOUNT_TAKEN',
  statusCode: 409,
  message: 'Another brand takes its payments on this account.',
};
