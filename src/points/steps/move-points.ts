import type { Db } from '#db/client.ts';
import { expireDue } from './expire-due.ts';
import { type Moved, type Moving, writeMovement } from './write-movement.ts';

export type { Moved };

/**
 * Moves points, in the transaction of their cause: once for each reason. Null when there are too few. What has expired by
 * now goes before, also when the job has not come by yet.
 */
export async function movePoints(tx: Db, moving: Moving): Promise<Moved | null> {
  const moved = await writeMovement(tx, moving);
  if (moved) return moved;
  const { tenantId, membershipId, now } = moving;
  return (await expireDue(tx, { tenantId, membershipId, now })) ? writeMovement(tx, moving) : null;
}
