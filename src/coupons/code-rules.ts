import type { CodeCharset, ImportProblem } from '#schemas/coupon-codes.ts';
import { codeKeyOf } from './rules.ts';

export const MAX_CODES = 1_000_000;
/** So many that nobody finds one by trying: a billion wrong codes for each right one among a thousand. */
export const MIN_BITS = 40;

/** Without letters that are taken for a digit, or digits that are taken for a letter. */
export const CHARSETS: Record<CodeCharset, string> = {
  alphanumeric: '23456789ABCDEFGHJKLMNPQRSTUVWXYZ',
  letters: 'ABCDEFGHJKLMNPQRSTUVWXYZ',
  digits: '0123456789',
};

/** How many # a pattern lacks for its codes not to be guessed; 0 when it has enough. */
export function missingPlaces(pattern: string, charset: CodeCharset): number {
  const bits = Math.log2(CHARSETS[charset].length);
  const places = pattern.split('#').length - 1;
  return Math.max(0, Math.ceil(MIN_BITS / bits) - places);
}

/** A code that was made elsewhere: at its best, with every character chosen by chance. */
export function isWeak(code: string): boolean {
  const letters = code.replace(/[_-]/g, '');
  const bits = Math.log2(/^\d*$/.test(letters) ? 10 : 36);
  return letters.length * bits < MIN_BITS;
}

export type ImportLine = { line: number; code: string; codeKey: string };
export type RejectedLine = { line: number; code: string; problem: ImportProblem };

/** Which lines of an import can be codes. A blank line says nothing, and one that comes again is left out. */
export function readLines(lines: readonly string[]): { codes: ImportLine[]; rejected: RejectedLine[] } {
  const codes = new Map<string, ImportLine>();
  const rejected: RejectedLine[] = [];
  for (const [index, text] of lines.entries()) {
    const [line, code] = [index + 1, text.trim()];
    if (code === '') continue;
    const codeKey = codeKeyOf(code);
    if (codeKey === null) rejected.push({ line, code, problem: 'INVALID' });
    else if (codes.has(codeKey)) rejected.push({ line, code, problem: 'DUPLICATE' });
    else codes.set(codeKey, { line, code, codeKey });
  }
  return { codes: [...codes.values()], rejected };
}
