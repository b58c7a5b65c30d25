import { findStore, insertStore, updateDefaultStoreIfNone } from '#db/queries/stores.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { CreateStoreBody, Store } from '#schemas/stores.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { slugify } from '../lib/text.ts';
import { STORE_INACTIVE, STORE_SLUG_TAKEN } from './errors.ts';
import { presentStore } from './present-store.ts';

/** Makes a store. What is not said comes from the brand; the first store made is the default. */
export async function createStore(
  ctx: Ctx,
  { tenantId, body }: { tenantId: string; body: CreateStoreBody },
): Promise<Store> {
  const now = ctx.clock.now();
  const storeId = newId();
  try {
    return await withTx(ctx, async (tx) => {
      const tenant = await findTenant(tx, tenantId);
      if (!tenant) throw new AppError(NOT_FOUND);
      await insertStore(tx, {
        tenantId,
        id: storeId,
        name: body.name,
        slug: body.slug ?? (slugify(body.name) || storeId),
        currency: body.currency ?? tenant.currency,
        timezone: body.timezone ?? tenant.timezone,
        country: body.country ?? null,
        address: body.address ?? null,
        active: body.active ?? true,
        createdAt: now,
        updatedAt: now,
      });
      const isDefault = await updateDefaultStoreIfNone(tx, { tenantId, storeId });
      if (isDefault && body.active === false) throw new AppError(STORE_INACTIVE);
      const row = await findStore(tx, { tenantId, storeId });
      if (!row) throw new AppError(NOT_FOUND);
      const after = presentStore(row);
      const target = { type: 'store', id: storeId };
      await recordChange(ctx, { db: tx, tenantId, action: 'store.created', target, after, now });
      return after;
    });
  } catch (error) {
    if (isUniqueViolation(error, 'stores_slug_key')) throw new AppError(STORE_SLUG_TAKEN);
    throw error;
  }
}
