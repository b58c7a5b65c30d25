import type { Refusal } from '../lib/errors.ts';

export const CHAIN_UNKNOWN: Refusal = {
  code: 'CHAIN_UNKNOWN',
  statusCode: 422,
  message: 'The service does not watch this chain: see /payments/crypto/chains.',
};
export const ASSET_MISMATCH: Refusal = {
  code: 'ASSET_MISMATCH',
  statusCode: 422,
  message: 'The asset is not so on its chain: see details.',
};
export const XPUB_INVALID: Refusal = {
  code: 'XPUB_INVALID',
  statusCode: 422,
  message:
    'Give the extended public key (xpub…) of an account (depth 3) or of its receiving chain (depth 4). Never a private one.',
};
export const ADDRESS_INVALID: Refusal = {
  code: 'ADDRESS_INVALID',
  statusCode: 422,
  message: 'What is sent to this address is lost: its checksum is wrong, or it is zero, or the contract of a token.',
};
export const ADDRESS_TAKEN: Refusal = {
  code: 'ADDRESS_TAKEN',
  statusCode: 409,
  message:
    "Another brand receives at this address. If it is yours, link its wallet to an owner's account (POST /auth/wallet/link).",
};
export const ASSET_UNAVAILABLE: Refusal = {
  code: 'ASSET_UNAVAILABLE',
  statusCode: 409,
  message: 'The brand does not take this asset on this chain: see /payments/crypto/assets.',
};
export const RATE_UNAVAILABLE: Refusal = {
  code: 'RATE_UNAVAILABLE',
  statusCode: 409,
  message: "The asset's source of rates has no price in this currency.",
};
export const QUOTE_EXPIRED: Refusal = {
  code: 'QUOTE_EXPIRED',
  statusCode: 409,
  message: 'The quote has expired: ask for a new one.',
};
export const QUOTE_USED: Refusal = {
  code: 'QUOTE_USED',
  statusCode: 409,
  message: 'A payment was made from this quote: see details.trackingId.',
};
export const QUOTE_OUTDATED: Refusal = {
  code: 'QUOTE_OUTDATED',
  statusCode: 409,
  message: 'Prices, coupons or credit have changed since: ask for a new quote.',
};
export const TRANSACTION_NOT_FOUND: Refusal = {
  code: 'TRANSACTION_NOT_FOUND',
  statusCode: 409,
  message: 'No block of this chain that the service has read has such a transaction, or it failed.',
};
export const TRANSACTION_MISMATCH: Refusal = {
  code: 'TRANSACTION_MISMATCH',
  statusCode: 409,
  message: 'The transaction does not do what is said of it: see details.',
};
export const CRYPTO_NOT_MARKABLE: Refusal = {
  code: 'CRYPTO_NOT_MARKABLE',
  statusCode: 409,
  message: 'The payment cannot be marked so from where it is: see details.',
};
export const NOT_CRYPTO: Refusal = {
  code: 'NOT_CRYPTO',
  statusCode: 409,
  message: 'This is no payment in crypto.',
};
export const NOTHING_OWED: Refusal = {
  code: 'NOTHING_OWED',
  statusCode: 409,
  message: 'That is more than what is still owed to the payer for this payment: see details.left.',
};
export const TRANSFER_USED: Refusal = {
  code: 'TRANSFER_USED',
  statusCode: 409,
  message: 'This transfer was recorded as another refund.',
};
