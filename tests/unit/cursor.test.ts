import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCursor, sealCursor } from '#src/lib/cursor.ts';
import { newId } from '#src/lib/ids.ts';
import { byCreation, pageOfRows, pageRequest } from '#src/lib/page.ts';

fc.configureGlobal({ seed: 20_261_123 });

const key = randomBytes(32);
const position = fc.record({ at: fc.date({ noInvalidDate: true }), id: fc.uuid() });

describe('cursors', () => {
  it('open to what was sealed', () => {
    fc.assert(
      fc.property(position, fc.string(), (one, list) => {
        expect(openCursor(key, list, sealCursor(key, list, one))).toEqual(one);
      }),
    );
  });

  it('fit in a URL, and in the 200 characters of the schema', () => {
    fc.assert(
      fc.property(position, (one) => {
        expect(sealCursor(key, 'list', one)).toMatch(/^[\w-]{20,200}$/);
      }),
    );
  });

  it('are bound to their list and their key', () => {
    const sealed = sealCursor(key, 'stores|a', { at: new Date(), id: newId() });
    expect(() => openCursor(key, 'stores|b', sealed)).toThrow(/not valid/);
    expect(() => openCursor(randomBytes(32), 'stores|a', sealed)).toThrow(/not valid/);
  });

  it('open with no letter changed, none missing and none more', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= !'];
    fc.assert(
      fc.property(position, fc.nat(), fc.constantFrom(...letters), (one, at, letter) => {
        const sealed = sealCursor(key, 'list', one);
        const index = at % sealed.length;
        const [head, tail] = [sealed.slice(0, index), sealed.slice(index + 1)];
        for (const changed of [
          head + letter + tail,
          head + tail,
          head + letter + sealed[index] + tail,
          sealed + letter,
        ]) {
          if (changed !== sealed) expect(() => openCursor(key, 'list', changed), changed).toThrow(/not valid/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuse any other text, as a field error', () => {
    for (const text of ['', 'a', '=', 'x'.repeat(200), Buffer.alloc(16).toString('base64url')]) {
      expect(() => openCursor(key, 'list', text)).toThrow(
        expect.objectContaining({
          statusCode: 400,
          details: { errors: [expect.objectContaining({ field: 'cursor' })] },
        }),
      );
    }
  });
});

describe('pages', () => {
  const rows = Array.from({ length: 25 }, (_, index) => ({ id: newId(), createdAt: new Date(index), index }));
  const read = (limit: number, cursor?: string) => {
    const { at, afterId, rows: count } = pageRequest(key, 'list', { limit, cursor });
    const rest = rows.filter(
      ({ createdAt, id }) => createdAt > at || (createdAt.getTime() === at.getTime() && id > afterId),
    );
    const options = {
      key,
      list: 'list',
      limit,
      positionOf: byCreation,
      present: (row: { index: number }) => row.index,
    };
    return pageOfRows(rest.slice(0, count), options);
  };

  it('cover a list once, whatever their size', () => {
    for (const limit of [1, 4, 5, 24, 25, 26, 100]) {
      const seen: number[] = [];
      let cursor: string | undefined;
      do {
        const page = read(limit, cursor);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      expect(seen, `limit ${limit}`).toEqual(rows.map(({ index }) => index));
    }
  });

  it('end without a cursor when nothing follows', () => {
    expect(read(25).nextCursor).toBeNull();
    expect(read(24).nextCursor).not.toBeNull();
  });
});
