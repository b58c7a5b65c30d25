import type { Db } from '#db/client.ts';
import {
  findOwnLinkForUpdate,
  insertCode,
  type LinkRow,
  listCodes,
  releaseCode,
  takeCodeAgain,
} from '#db/queries/referral-links.ts';
import type { ReferralLink } from '#schemas/referrals.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { CODE_LIMIT, CODE_TAKEN } from './errors.ts';
import { canChooseCode, MOST_CHOSEN_CODES } from './rules.ts';
import { showLinks } from './steps/show-links.ts';

type Input = { linkId: string; code: string };

/** A code of the member's own choice, if nobody has it or had it; what led to the link before leads on as well. */
export async function setCode(ctx: Ctx<UserActor>, { linkId, code: typed }: Input): Promise<{ link: ReferralLink }> {
  const { userId } = ctx.actor;
  const code = typed.toUpperCase();
  const now = ctx.clock.now();
  const tenantId = await withTx(ctx, async (tx) => {
    const link = await findOwnLinkForUpdate(tx, { linkId, userId });
    if (!link) throw new AppError(NOT_FOUND);
    await choose(tx, { link, code, now });
    return link.tenantId;
  });
  const link = (await showLinks(ctx, { tenantId, userId, linkId }))[0];
  if (!link) throw new AppError(NOT_FOUND);
  return { link };
}

async function choose(tx: Db, { link, code, now }: { link: LinkRow; code: string; now: Date }): Promise<void> {
  const { tenantId, id: linkId, userId } = link;
  const codes = await listCodes(tx, { tenantId, linkId });
  const known = codes.find((one) => one.code === code);
  if (known?.isVanity && known.releasedAt === null) return;
  const chosen = codes.filter(({ isVanity }) => isVanity).map((one) => one.code);
  if (!known && !canChooseCode(chosen.length))
    throw new AppError(CODE_LIMIT, { most: MOST_CHOSEN_CODES, codes: chosen });
  await releaseCode(tx, { tenantId, linkId, now });
  if (known && !known.isVanity) return;
  if (await takeCodeAgain(tx, { tenantId, linkId, userId, code })) return;
  const row = { tenantId, linkId, code, isVanity: true, createdAt: now };
  if (!(await insertCode(tx, row))) throw new AppError(CODE_TAKEN);
}
