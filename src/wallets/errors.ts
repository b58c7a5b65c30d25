import type { Refusal } from '../lib/errors.ts';
import type { Reason } from './rules.ts';

export const SIGNED_MESSAGE_REFUSED: Refusal = {
  code: 'INVALID_CREDENTIALS',
  statusCode: 401,
  message: 'The signed message is not accepted: details.reason says why.',
};
export const WALLET_TAKEN: Refusal = {
  code: 'WALLET_TAKEN',
  statusCode: 409,
  message: 'This wallet signs in to another account. Unlink it there first.',
};
export const WALLET_LIMIT: Refusal = {
  code: 'WALLET_LIMIT',
  statusCode: 409,
  message: 'An account has at most 20 wallets. Unlink one first.',
};
export const LAST_CREDENTIAL: Refusal = {
  code: 'LAST_CREDENTIAL',
  statusCode: 409,
  message: 'This wallet is the last way to sign in. Link another first.',
};

/** What each `details.reason` means, for the document. */
export const REASONS: Record<Reason, string> = {
  MALFORMED_MESSAGE: 'the text is not a message of EIP-4361 with a nonce and a date',
  VERSION_UNSUPPORTED: 'its version is not 1',
  NONCE_UNKNOWN: 'the nonce is not ours, or was used',
  NONCE_FOR_OTHER_USE: 'a nonce asked for by a signed-in user links to that user, any other signs in',
  NONCE_EXPIRED: 'the nonce is too old',
  DOMAIN_MISMATCH: 'the message names another domain than the nonce',
  URI_MISMATCH: 'the message names another URI than the nonce',
  CHAIN_MISMATCH: 'the message names another chain than the nonce',
  MESSAGE_TOO_OLD: 'it was issued too long ago',
  MESSAGE_FROM_FUTURE: 'it was issued in the future',
  MESSAGE_EXPIRED: 'its expiration time has passed',
  MESSAGE_NOT_YET_VALID: 'its not-before time has not come',
  BAD_SIGNATURE: 'the signature is not that of the address in the message, for this very text',
};
