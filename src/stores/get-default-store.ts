import { findDefaultStore } from '#db/queries/stores.ts';
import type { Store } from '#schemas/stores.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentStore } from './present-store.ts';

export async function getDefaultStore(ctx: Ctx, { tenantId }: { tenantId: string }): Promise<Store> {
  const row = await findDefaultStore(ctx.db, tenantId);
  if (!row) throw new AppError(NOT_FOUND);
  return presentStore(row);
}
