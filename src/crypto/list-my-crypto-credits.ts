import { listCreditsOfUser } from '#db/queries/crypto-credits.ts';
import type { CryptoCredit } from '#schemas/crypto-credits.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx, UserActor } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentCredit } from './present-credit.ts';

type Query = { tenantId?: string | undefined; limit: number; cursor?: string | undefined };

/** What brands owe the caller as credit, newest first. */
export async function listMyCryptoCredits(ctx: Ctx<UserActor>, query: Query): Promise<Page<CryptoCredit>> {
  const { tenantId, limit, cursor } = query;
  const { userId } = ctx.actor;
  const key = ctx.deps.cursorKey;
  const list = `my-crypto-credits|${userId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listCreditsOfUser(ctx.db, { userId, tenantId, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentCredit });
}
