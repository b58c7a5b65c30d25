import type { Db } from '#db/client.ts';
import { insertPointEntry, type PointEntryRow } from '#db/queries/points.ts';
import type { PointReason } from '#schemas/points.ts';
import { newId } from '../../lib/ids.ts';
import { mayOverdraw } from '../rules.ts';

type Moving = {
  tenantId: string;
  membershipId: string;
  amount: number;
  reason: PointReason;
  note?: string;
  cause: { type: string; id: string } | null;
  now: Date;
};
export type Moved = { entry: PointEntryRow; balance: number };

/** Moves points, in the transaction of their cause: once for each reason. Null when there are too few. */
export async function movePoints(tx: Db, { note, cause, now, ...moving }: Moving): Promise<Moved | null> {
  const from = { note: note ?? null, causeType: cause?.type ?? null, causeId: cause?.id ?? null };
  const entry = { ...moving, ...from, id: newId(), createdAt: now };
  const moved = await insertPointEntry(tx, { entry, mayOverdraw: mayOverdraw(moving.reason, moving.amount) });
  return moved ? { entry, balance: moved.balance } : null;
}
