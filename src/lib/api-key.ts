import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'ttx_';
const RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const START_LENGTH = 12;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
// The largest multiple of 62 in a byte: above it a digit would be likelier than another.
const FAIR = 248;

/** What secret scanners look for; README.md publishes it. */
export const API_KEY_PATTERN = /^ttx_[0-9A-Za-z]{36}$/;

/** `ttx_`, 30 random base62 digits (178 bits) and the CRC-32 of all that in 6 more. */
export function newApiKey(): string {
  let random = '';
  while (random.length < RANDOM_LENGTH) {
    for (const byte of randomBytes(RANDOM_LENGTH)) {
      if (byte < FAIR && random.length < RANDOM_LENGTH) random += DIGITS[byte % DIGITS.length];
    }
  }
  return `${PREFIX}${random}${checksum(PREFIX + random)}`;
}

/** Whether the text can be one of our keys at all: typing errors and guesses end here, before the database. */
export function isApiKey(text: string): boolean {
  if (!API_KEY_PATTERN.test(text)) return false;
  return checksum(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH);
}

/** The part that may be shown and logged. */
export function startOf(key: string): string {
  return key.slice(0, START_LENGTH);
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    digits = DIGITS[rest % DIGITS.length] + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}
