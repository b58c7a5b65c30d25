import { listCounters } from '#db/queries/storage-counters.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { StorageUsage } from '#schemas/storage.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { PLAN_LIMITS } from '../plans/rules.ts';

export async function getStorageUsage(
  { db }: Pick<Ctx, 'db'>,
  { tenantId }: { tenantId: string },
): Promise<StorageUsage> {
  const [tenant, counters] = await Promise.all([findTenant(db, tenantId), listCounters(db, tenantId)]);
  if (!tenant) throw new AppError(NOT_FOUND);
  const { bytes = 0, files = 0 } = counters.find(({ purpose }) => purpose === 'all') ?? {};
  const purposes = counters.flatMap(({ purpose, ...kept }) => (purpose === 'all' ? [] : [{ purpose, ...kept }]));
  return { bytes, files, quotaBytes: PLAN_LIMITS[tenant.plan].storedBytes, purposes };
}
