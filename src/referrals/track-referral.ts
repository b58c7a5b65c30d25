import { findLinkByCode, type NamedLink } from '#db/queries/referral-links.ts';
import type { TrackBody, Tracked } from '#schemas/referrals.ts';
import type { Ctx } from '../context.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';
import { readReferralCode } from './rules.ts';
import { knowVisitor } from './steps/know-visitor.ts';
import { recordClick } from './steps/record-click.ts';
import { trackPurchase } from './track-purchase.ts';
import { trackSignup } from './track-signup.ts';

type Input = { body: TrackBody; country: string | null; referer: string | undefined };

/** A click, a sign-up or a purchase that a code has led to. */
export async function trackReferral(ctx: Ctx, { body, country, referer }: Input): Promise<Tracked> {
  const now = ctx.clock.now();
  const named = await requireLink(ctx, body.code);
  if (body.event === 'purchase') return trackPurchase(ctx, { named, body, now });
  const { tenantId } = named.link;
  const { ipAddress, userAgent } = ctx;
  const visitor = await knowVisitor(ctx.db, { tenantId, ipAddress, userAgent, visitorId: body.visitorId, now });
  if (body.event === 'signup') return trackSignup(ctx, { named, body, visitor, now });
  const { landingUrl, referrerUrl = referer, externalId } = body;
  return recordClick(ctx, { named, visitor, landingUrl, referrerUrl, country, externalId, now });
}

async function requireLink(ctx: Ctx, typed: string): Promise<NamedLink> {
  const code = readReferralCode(typed);
  const named = code === null ? undefined : await findLinkByCode(ctx.db, code);
  const { actor } = ctx;
  // A key knows the codes of its own brand alone.
  if (named && (actor.type !== 'apiKey' || actor.tenantId === named.link.tenantId)) return named;
  throw new AppError(VALIDATION_ERROR, {
    errors: [{ location: 'body', field: 'code', message: 'is no referral code' }],
  });
}
