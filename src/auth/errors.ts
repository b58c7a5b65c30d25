import type { Refusal } from '../lib/errors.ts';

export const EMAIL_TAKEN: Refusal = {
  code: 'EMAIL_TAKEN',
  statusCode: 409,
  message: 'An account with this e-mail exists. Sign in instead.',
};
export const INVALID_CREDENTIALS: Refusal = {
  code: 'INVALID_CREDENTIALS',
  statusCode: 401,
  message: 'E-mail or password is wrong.',
};
export const REFRESH_TOKEN_REUSED: Refusal = {
  code: 'REFRESH_TOKEN_REUSED',
  statusCode: 401,
  message: 'This refresh token was spent before. Its session has been ended: sign in again.',
};
export const TOO_MANY_ATTEMPTS: Refusal = {
  code: 'RATE_LIMITED',
  statusCode: 429,
  message: 'Too many failed sign-ins. Wait before the next.',
};
export const TENANT_SUSPENDED: Refusal = {
  code: 'TENANT_SUSPENDED',
  statusCode: 403,
  message: 'This brand is suspended: its data can be read, not changed.',
};
export const NO_PASSWORD: Refusal = {
  code: 'NO_PASSWORD',
  statusCode: 409,
  message: 'This account has no password.',
};
export const NO_EMAIL: Refusal = { code: 'NO_EMAIL', statusCode: 409, message: 'This account has no e-mail address.' };
export const EMAIL_VERIFIED: Refusal = {
  code: 'EMAIL_VERIFIED',
  statusCode: 409,
  message: 'This address is proved already.',
};
export const EMAIL_UNPROVEN: Refusal = {
  code: 'EMAIL_UNPROVEN',
  statusCode: 409,
  message: 'Somebody registered this address and has not proved it. They must, or choose another.',
};
