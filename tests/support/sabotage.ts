import type { Sql } from 'postgres';
import { expect } from 'vitest';
import { findBroken } from './invariants.ts';

export class Undone extends Error {}

type Sabotage = { statements: readonly string[]; stock?: Readonly<Record<string, number>> };

/** Which invariants the checker finds broken with these statements done, which are undone. */
export async function whatBreaks(sql: Sql, { statements, stock = {} }: Sabotage): Promise<string[]> {
  let broken: string[] = [];
  const undone = sql.begin(async (tx) => {
    for (const statement of statements) expect((await tx.unsafe(statement)).count, statement).not.toBe(0);
    broken = await findBroken(tx as unknown as Sql, { stock });
    throw new Undone();
  });
  await expect(undone).rejects.toThrow(Undone);
  return broken.map((line) => line.split(': {')[0] ?? '');
}
