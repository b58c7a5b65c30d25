import { deleteVanityCode, findOwnLinkForUpdate, insertCode, listCodes } from '#db/queries/referral-links.ts';
import type { ReferralLink } from '#schemas/referrals.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { CODE_TAKEN } from './errors.ts';
import { showLinks } from './steps/show-links.ts';

type Input = { linkId: string; code: string };

/** A code of the member's own choice, if nobody has it; the one that was made leads on as well. */
export async function setCode(ctx: Ctx<UserActor>, { linkId, code: typed }: Input): Promise<{ link: ReferralLink }> {
  const { userId } = ctx.actor;
  const code = typed.toUpperCase();
  const now = ctx.clock.now();
  const tenantId = await withTx(ctx, async (tx) => {
    const link = await findOwnLinkForUpdate(tx, { linkId, userId });
    if (!link) throw new AppError(NOT_FOUND);
    const key = { tenantId: link.tenantId, linkId };
    if ((await listCodes(tx, key)).some((one) => one.code === code)) return link.tenantId;
    await deleteVanityCode(tx, key);
    if (!(await insertCode(tx, { ...key, code, isVanity: true, createdAt: now }))) throw new AppError(CODE_TAKEN);
    return link.tenantId;
  });
  const link = (await showLinks(ctx, { tenantId, userId, linkId }))[0];
  if (!link) throw new AppError(NOT_FOUND);
  return { link };
}
