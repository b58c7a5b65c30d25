import { findStore, updateStore as saveStore } from '#db/queries/stores.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import type { Store, UpdateStoreBody } from '#schemas/stores.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { DEFAULT_STORE, STORE_SLUG_TAKEN } from './errors.ts';
import { presentStore } from './present-store.ts';

type Input = { tenantId: string; storeId: string; change: UpdateStoreBody };

/** Changes the fields given. The tenant's row is held, so that the default cannot move here while it is deactivated. */
export async function updateStore(ctx: Ctx, { tenantId, storeId, change }: Input): Promise<Store> {
  const now = ctx.clock.now();
  try {
    return await withTx(ctx, async (tx) => {
      const tenant = await findTenantForUpdate(tx, tenantId);
      if (change.active === false && tenant?.defaultStoreId === storeId) throw new AppError(DEFAULT_STORE);
      const old = await findStore(tx, { tenantId, storeId });
      if (!old || !(await saveStore(tx, { tenantId, storeId, change, now }))) throw new AppError(NOT_FOUND);
      const row = await findStore(tx, { tenantId, storeId });
      if (!row) throw new AppError(NOT_FOUND);
      const [before, after] = [presentStore(old), presentStore(row)];
      const target = { type: 'store', id: storeId };
      await recordChange(ctx, { db: tx, tenantId, action: 'store.updated', target, before, after, now });
      return after;
    });
  } catch (error) {
    if (isUniqueViolation(error, 'stores_slug_key')) throw new AppError(STORE_SLUG_TAKEN);
    throw error;
  }
}
