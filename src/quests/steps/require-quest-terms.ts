import type { Db } from '#db/client.ts';
import { listTierIds } from '#db/queries/tiers.ts';
import { AppError, VALIDATION_ERROR } from '../../lib/errors.ts';

type Terms = { tenantId: string; startsAt: Date | null; endsAt: Date | null; tierIds: readonly string[] };

/** Refuses a window that ends before it begins, and tiers that the brand does not have. */
export async function requireQuestTerms(db: Db, { tenantId, startsAt, endsAt, tierIds }: Terms): Promise<void> {
  const known = tierIds.length > 0 ? await listTierIds(db, { tenantId, tierIds: [...tierIds] }) : [];
  const errors = tierIds.flatMap((tierId, index) =>
    known.includes(tierId) ? [] : [{ field: `tierIds.${index}`, message: 'is no tier of this brand' }],
  );
  if (startsAt && endsAt && endsAt <= startsAt) errors.push({ field: 'endsAt', message: 'must be after startsAt' });
  if (errors.length === 0) return;
  throw new AppError(VALIDATION_ERROR, { errors: errors.map((fault) => ({ location: 'body', ...fault })) });
}
