import { findStore, updateDefaultStore } from '#db/queries/stores.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import type { Store } from '#schemas/stores.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { STORE_INACTIVE } from './errors.ts';
import { presentStore } from './present-store.ts';

export async function setDefaultStore(
  ctx: Ctx,
  { tenantId, storeId }: { tenantId: string; storeId: string },
): Promise<Store> {
  return withTx(ctx, async (tx) => {
    const tenant = await findTenantForUpdate(tx, tenantId);
    const row = await findStore(tx, { tenantId, storeId });
    if (!row) throw new AppError(NOT_FOUND);
    if (!(await updateDefaultStore(tx, { tenantId, storeId }))) throw new AppError(STORE_INACTIVE);
    const change = { before: { defaultStoreId: tenant?.defaultStoreId }, after: { defaultStoreId: storeId } };
    const target = { type: 'tenant', id: tenantId };
    const now = ctx.clock.now();
    await recordChange(ctx, { db: tx, tenantId, action: 'tenant.defaultStoreChanged', target, ...change, now });
    return presentStore({ ...row, isDefault: true });
  });
}
