import type { Db } from '#db/client.ts';
import { hasOwnersWallet, leaveAddress, listAddressHolders } from '#db/queries/crypto-settings.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../lib/errors.ts';
import { ADDRESS_TAKEN } from '../errors.ts';

type Taking = { tenantId: string; address: string; now: Date };

/**
 * One brand receives at an address: were there two, the payers of one would pay for what the other sells. Whoever comes
 * first has it, until somebody comes whose wallet it is, as an owner has shown by linking it: then the other has to leave. Two
 * brands of one person may share it. `before`: where the brand receives now.
 */
export async function takeAddress(ctx: Ctx, tx: Db, { before, ...taking }: Taking & { before: string | null }) {
  const { tenantId, address } = taking;
  const wallet = await ctx.deps.receivingKeys.checksum(address);
  const others = (await listAddressHolders(tx, { address, wallet })).filter((one) => one.tenantId !== tenantId);
  if (others.length === 0) return;
  if (await hasOwnersWallet(tx, { tenantId, wallet })) {
    const leaving = others.filter(({ isProven }) => !isProven);
    for (const other of leaving) await turnOut(ctx, tx, { ...taking, tenantId: other.tenantId });
  } else if (before !== address) throw new AppError(ADDRESS_TAKEN);
}

/** What it has begun there goes on; its log says what has happened, but not through whom. */
async function turnOut({ requestId }: Ctx, tx: Db, { tenantId, address, now }: Taking): Promise<void> {
  await leaveAddress(tx, { tenantId, address, now });
  const service = { actor: { type: 'anonymous' as const }, requestId, ipAddress: null };
  const target = { type: 'cryptoSettings', id: tenantId };
  const change = { before: { account: { kind: 'address', address } }, after: { account: null } };
  await recordChange(service, { db: tx, tenantId, action: 'cryptoSettings.addressLost', target, ...change, now });
}
