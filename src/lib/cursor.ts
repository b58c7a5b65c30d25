import { AppError, VALIDATION_ERROR } from './errors.ts';
import { isUuid } from './ids.ts';
import { sign } from './secrets.ts';

/** Where a page ended: lists are ordered by (createdAt, id), so rows added meanwhile never shift a page. */
export type Position = { at: Date; id: string };

/** A cursor is signed and bound to its list, so that a tampered or foreign one is refused, never guessed at. */
export function sealCursor(key: Buffer, list: string, position: Position): string {
  const text = `${position.at.getTime().toString(36)}.${position.id}`;
  return Buffer.concat([sign(key, `${list}|${text}`), Buffer.from(text)]).toString('base64url');
}

export function openCursor(key: Buffer, list: string, cursor: string): Position {
  const bytes = Buffer.from(cursor, 'base64url');
  const text = bytes.subarray(16).toString();
  // Base64 ignores spare bits and strange letters: only the one spelling that we gave is ours.
  if (bytes.toString('base64url') !== cursor || bytes.length < 20) throw badCursor();
  if (!sign(key, `${list}|${text}`).equals(bytes.subarray(0, 16))) throw badCursor();
  const [at = '', id] = text.split('.');
  if (!isUuid(id)) throw badCursor();
  return { at: new Date(Number.parseInt(at, 36)), id };
}

function badCursor(): AppError {
  return new AppError(VALIDATION_ERROR, {
    errors: [{ location: 'query', field: 'cursor', message: 'Not a cursor of this list.' }],
  });
}
