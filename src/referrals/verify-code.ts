import { findLinkByCode, type NamedLink } from '#db/queries/referral-links.ts';
import type { Verification } from '#schemas/referrals.ts';
import type { Ctx } from '../context.ts';
import { linkFault, readReferralCode } from './rules.ts';
import { findReachedLimits } from './steps/find-reached-limits.ts';

const UNKNOWN: Verification = { valid: false, reason: 'NOT_FOUND', tenant: null, referrer: null, offer: null };

/** What an invitation is worth, for whoever has its code. It never says more of the referrer than the name. */
export async function verifyCode(ctx: Ctx, { code: typed }: { code: string }): Promise<Verification> {
  const code = readReferralCode(typed);
  const named = code === null ? undefined : await findLinkByCode(ctx.db, code);
  if (!named) return UNKNOWN;
  const reason = await faultOf(ctx, named);
  const { id, name, subdomain } = named.tenant;
  const isAddress = named.referrer.name?.includes('@') ?? false;
  const referrer = { name: isAddress ? null : named.referrer.name };
  return {
    valid: reason === null,
    reason,
    tenant: { id, name, subdomain },
    referrer,
    offer: named.programme?.offer ?? null,
  };
}

async function faultOf(ctx: Ctx, named: NamedLink): Promise<Verification['reason']> {
  const now = ctx.clock.now();
  const { link, programme } = named;
  const fault = linkFault({ ...named, now });
  if (fault) return fault;
  const isOwn = ctx.actor.type === 'user' && ctx.actor.userId === link.userId;
  if (isOwn) return 'OWN_CODE';
  if (!programme) return null;
  const reached = await findReachedLimits(ctx.db, { tenantId: link.tenantId, userId: link.userId, programme, at: now });
  return reached.length > 0 ? 'LIMIT_REACHED' : null;
}
