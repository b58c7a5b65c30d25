import { openCursor, type Position, sealCursor } from './cursor.ts';

type Input = { limit: number; cursor?: string | undefined };
export type PageRequest = { at: Date; afterId: string; rows: number };

const NIL = '00000000-0000-0000-0000-000000000000';

/** What to ask of the database for one page: one row more than the page tells whether another follows. */
export function pageRequest(key: Buffer, list: string, { limit, cursor }: Input): PageRequest {
  const from: Position = cursor === undefined ? { at: new Date(0), id: NIL } : openCursor(key, list, cursor);
  return { at: from.at, afterId: from.id, rows: limit + 1 };
}

/** The place of a row in a list ordered by its making. */
export function byCreation(row: { createdAt: Date; id: string }): Position {
  return { at: row.createdAt, id: row.id };
}

/** The page, with a cursor when another follows. `positionOf` says where a row stands in the list's order. */
export function pageOfRows<Row, Item>(
  rows: Row[],
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
