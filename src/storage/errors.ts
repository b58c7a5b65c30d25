import type { Refusal } from '../lib/errors.ts';
import { FORBIDDEN, NOT_FOUND, TENANT_REQUIRED } from '../lib/errors.ts';

export const FILE_TOO_LARGE: Refusal = {
  code: 'PAYLOAD_TOO_LARGE',
  statusCode: 413,
  message: 'The file is larger than its purpose allows: see details.maxBytes.',
};
export const FILE_TYPE_REFUSED: Refusal = {
  code: 'UNSUPPORTED_MEDIA_TYPE',
  statusCode: 415,
  message: 'Such a file cannot be sent for this purpose, or it is not what it says: see details.reason.',
};
export const UPLOAD_REJECTED: Refusal = {
  code: 'UPLOAD_REJECTED',
  statusCode: 409,
  message: 'What was sent is not what was announced, and is deleted: see details.reason.',
};
export const UPLOAD_MISSING: Refusal = {
  code: 'UPLOAD_MISSING',
  statusCode: 409,
  message: 'Nothing has been sent yet: send the file as the grant says, then confirm.',
};
export const UPLOAD_BEING_CHECKED: Refusal = {
  code: 'UPLOAD_BEING_CHECKED',
  statusCode: 409,
  message: 'The upload is being looked at by another request.',
};
export const STORAGE_QUOTA_EXCEEDED: Refusal = {
  code: 'STORAGE_QUOTA_EXCEEDED',
  statusCode: 409,
  message: 'The plan has no room for this file: delete others, or change the plan.',
};
export const FILE_LIMIT_REACHED: Refusal = {
  code: 'FILE_LIMIT_REACHED',
  statusCode: 409,
  message: 'There are as many files of this purpose as there may be: delete others.',
};
export const RANGE_NOT_SATISFIABLE: Refusal = {
  code: 'RANGE_NOT_SATISFIABLE',
  statusCode: 416,
  message: 'The file has no such range: see details.size.',
};
export const FILE_IN_USE: Refusal = {
  code: 'FILE_IN_USE',
  statusCode: 409,
  message: 'Something shows this file: see details.usedBy. Take it out there first.',
};
export const MEMBERS_ONLY: Refusal = {
  code: 'NOT_A_MEMBER',
  statusCode: 403,
  message: 'Only members of the brand may send this.',
};

/** Of whatever makes a file: where it may go, what it may be, and how much there may be. */
export const NEW_FILE_REFUSALS: readonly Refusal[] = [
  ...[NOT_FOUND, TENANT_REQUIRED, FORBIDDEN, MEMBERS_ONLY],
  ...[FILE_TOO_LARGE, FILE_TYPE_REFUSED, STORAGE_QUOTA_EXCEEDED, FILE_LIMIT_REACHED],
];
