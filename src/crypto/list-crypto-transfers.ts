import { listTransfers } from '#db/queries/crypto-transfers.ts';
import type { CryptoTransfer, TransferVerdict } from '#schemas/crypto-payments.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentTransfer } from './present-crypto.ts';

type Query = { tenantId: string; verdict?: TransferVerdict | undefined; limit: number; cursor?: string | undefined };

/** All that arrived at the brand's addresses while they were watched, newest first: also what pays for nothing. */
export async function listCryptoTransfers(
  ctx: Ctx,
  { tenantId, verdict, limit, cursor }: Query,
): Promise<Page<CryptoTransfer>> {
  const key = ctx.deps.cursorKey;
  const list = `crypto-transfers|${tenantId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listTransfers(ctx.db, { tenantId, verdict, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentTransfer });
}
