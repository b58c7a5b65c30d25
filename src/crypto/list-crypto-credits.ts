import { listCreditsOfTenant } from '#db/queries/crypto-credits.ts';
import type { CryptoCredit } from '#schemas/crypto-credits.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentCredit } from './present-credit.ts';

type Query = { tenantId: string; userId?: string | undefined; limit: number; cursor?: string | undefined };

/** What the brand owes its customers as credit, newest first. */
export async function listCryptoCredits(ctx: Ctx, query: Query): Promise<Page<CryptoCredit>> {
  const { tenantId, userId, limit, cursor } = query;
  const key = ctx.deps.cursorKey;
  const list = `crypto-credits|${tenantId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listCreditsOfTenant(ctx.db, { tenantId, userId, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentCredit });
}
