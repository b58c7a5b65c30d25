import type { Db } from '#db/client.ts';
import { ensureLink, insertCode, type LinkRow, listCodes } from '#db/queries/referral-links.ts';
import { findCampaign } from '#db/queries/referral-programmes.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { ReferralLink } from '#schemas/referrals.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { randomLetters } from '../lib/random-codes.ts';
import { showLinks } from './steps/show-links.ts';

/** 50 random bits: short enough to be said, too many to be guessed within the limits. */
const LETTERS = 10;
const ATTEMPTS = 5;
type Input = { tenantId: string; campaignId?: string | undefined };

/** The caller's link with a brand, or for a campaign of it: the same every time. */
export async function createLink(ctx: Ctx<UserActor>, input: Input): Promise<{ link: ReferralLink }> {
  const { tenantId, campaignId = null } = input;
  const { userId } = ctx.actor;
  const now = ctx.clock.now();
  if (!(await findPublicTenantById(ctx.db, tenantId))) throw new AppError(NOT_FOUND);
  if (campaignId && !(await findCampaign(ctx.db, { tenantId, campaignId }))) throw new AppError(NOT_FOUND);
  const row = await withTx(ctx, async (tx) => {
    const link = await ensureLink(tx, { tenantId, id: newId(), userId, campaignId, createdAt: now });
    await ensureCode(tx, link, now);
    return link;
  });
  const link = (await showLinks(ctx, { tenantId, userId, linkId: row.id }))[0];
  if (!link) throw new AppError(NOT_FOUND);
  return { link };
}

async function ensureCode(tx: Db, { tenantId, id: linkId }: LinkRow, now: Date): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const codes = await listCodes(tx, { tenantId, linkId });
    if (codes.some(({ isVanity }) => !isVanity)) return;
    const row = { tenantId, linkId, code: randomLetters(LETTERS), isVanity: false, createdAt: now };
    if (await insertCode(tx, row)) return;
  }
  throw new Error('no referral code was free');
}
