import { describe, expect, it, vi } from 'vitest';
import { coalesced } from '#db/batched.ts';
import type { Db } from '#db/client.ts';

const db = {} as Db;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a coalesced read', () => {
  it('is made once for all who ask the same in one turn, and again for who asks later', async () => {
    const load = vi.fn(async (_db: Db, input: { id: number }) => ({ ...input }));
    const read = coalesced(load);
    const [a, b, c] = await Promise.all([read(db, { id: 1 }), read(db, { id: 1 }), read(db, { id: 2 })]);
    expect(a).toBe(b);
    expect([a, c]).toEqual([{ id: 1 }, { id: 2 }]);
    expect(load).toHaveBeenCalledTimes(2);
    expect(await read(db, { id: 1 })).not.toBe(a);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('never answers what was read before it was asked', async () => {
    let value = 'old';
    const read = coalesced(async () => {
      const seen = value;
      await turn();
      return seen;
    });
    const early = read(db, {});
    await turn();
    await turn();
    value = 'new';
    expect(await read(db, {})).toBe('new');
    expect(await early).toBe('old');
  });

  it("is not shared between databases, and a failure is everybody's once", async () => {
    const read = coalesced(async (_db: Db, fails: boolean) => {
      if (fails) throw new Error('down');
      return {};
    });
    const other = {} as Db;
    expect(await read(db, false)).not.toBe(await read(other, false));
    const both = await Promise.allSettled([read(db, true), read(db, true)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read(db, false)).toEqual({});
  });
});
