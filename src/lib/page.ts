import { openCursor, type Position, sealCursor } from './cursor.ts';

type Input = { limit: number; cursor?: string | undefined };
export type PageRequest = { at: Date; afterId: string; rows: number };

const FIRST: Position = { at: new Date(0), id: '00000000-0000-0000-0000-000000000000' };
// Later than any row, within what both sides can hold.
const LAST: Position = { at: new Date('9999-12-31T23:59:59.999Z'), id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** What to ask of the database for one page: one row more than the page tells whether another follows. */
export function pageRequest(key: Buffer, list: string, { limit, cursor }: Input): PageRequest {
  return pageFrom(cursor === undefined ? FIRST : openCursor(key, list, cursor), limit);
}

/** The same for a list whose newest row comes first. */
export function newestPageRequest(key: Buffer, list: string, { limit, cursor }: Input): PageRequest {
  return pageFrom(cursor === undefined ? LAST : openCursor(key, list, cursor), limit);
}

function pageFrom({ at, id }: Position, limit: number): PageRequest {
  return { at, afterId: id, rows: limit + 1 };
}

/** The place of a row in a list ordered by its making. */
export function byCreation(row: { createdAt: Date; id: string }): Position {
  return { at: row.createdAt, id: row.id };
}

/** The page, with a cursor when another follows. `positionOf` says where a row stands in the list's order. */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  options: {
    key: Buffer;
    list: string;
    limit: number;
    positionOf: (row: Row) => Position;
    present: (row: Row) => Item;
  },
): { items: Item[]; limit: number; nextCursor: string | null } {
  const { key, list, limit, positionOf, present } = options;
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(present), limit, nextCursor: more ? sealCursor(key, list, positionOf(last)) : null };
}
