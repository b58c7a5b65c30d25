import { randomBytes, randomInt } from 'node:crypto';

/** Without 0, 1, I and O, which people mistake for each other: 5 bits each. */
export const READABLE = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

export function randomLetters(count: number): string {
  return Array.from(randomBytes(count), (byte) => READABLE[byte % READABLE.length]).join('');
}

/** Each # of the pattern becomes one of the letters, all as likely as each other. */
export function fillPattern(pattern: string, letters: string): string {
  return pattern.replace(/#/g, () => letters[randomInt(letters.length)] ?? '');
}

const GROUPS = /.{4}(?=.)/g;
const CLAIM_LETTERS = 16;

/** What a member shows at the till: 80 random bits in four groups. */
export function newClaimCode(): string {
  return randomLetters(CLAIM_LETTERS).replace(GROUPS, '$&-');
}

/** As it is stored, whatever case, spaces and hyphens it was typed with; null for what cannot be one. */
export function readClaimCode(typed: string): string | null {
  // ASCII first: what only becomes such a letter by its case is another one.
  if (!/^[A-Za-z0-9 -]+$/.test(typed)) return null;
  const letters = typed.toUpperCase().replace(/[ -]/g, '');
  return letters.length === CLAIM_LETTERS ? letters.replace(GROUPS, '$&-') : null;
}
