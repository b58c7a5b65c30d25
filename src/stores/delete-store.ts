import { deleteStore as removeStore } from '#db/queries/stores.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { DEFAULT_STORE } from './errors.ts';

export async function deleteStore(ctx: Ctx, { tenantId, storeId }: { tenantId: string; storeId: string }) {
  return withTx(ctx, async (tx) => {
    const tenant = await findTenantForUpdate(tx, tenantId);
    if (tenant?.defaultStoreId === storeId) throw new AppError(DEFAULT_STORE);
    if (!(await removeStore(tx, { tenantId, storeId }))) throw new AppError(NOT_FOUND);
    return { id: storeId, deleted: true as const };
  });
}
