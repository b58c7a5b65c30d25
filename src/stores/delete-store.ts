import { findStore, deleteStore as removeStore } from '#db/queries/stores.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { DEFAULT_STORE } from './errors.ts';
import { presentStore } from './present-store.ts';

export async function deleteStore(ctx: Ctx, { tenantId, storeId }: { tenantId: string; storeId: string }) {
  return withTx(ctx, async (tx) => {
    const tenant = await findTenantForUpdate(tx, tenantId);
    if (tenant?.defaultStoreId === storeId) throw new AppError(DEFAULT_STORE);
    const row = await findStore(tx, { tenantId, storeId });
    if (!row || !(await removeStore(tx, { tenantId, storeId }))) throw new AppError(NOT_FOUND);
    const change = { target: { type: 'store', id: storeId }, before: presentStore(row), now: ctx.clock.now() };
    await recordChange(ctx, { db: tx, tenantId, action: 'store.deleted', ...change });
    return { id: storeId, deleted: true as const };
  });
}
