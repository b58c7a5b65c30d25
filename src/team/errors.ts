import type { Refusal } from '../lib/errors.ts';

export const ALREADY_MEMBER: Refusal = {
  code: 'ALREADY_MEMBER',
  statusCode: 409,
  message: 'This person is on the team already.',
};
export const LAST_OWNER: Refusal = {
  code: 'LAST_OWNER',
  statusCode: 409,
  message: 'A brand keeps at least one owner. Make somebody else an owner first.',
};
export const INVITATION_INVALID: Refusal = {
  code: 'INVITATION_INVALID',
  statusCode: 404,
  message: 'This invitation is not for your account, or it has expired, been used or been replaced.',
};
