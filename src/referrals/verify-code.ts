import { findLinkByCode, type NamedLink } from '#db/queries/referral-links.ts';
import { countRewards } from '#db/queries/referral-rewards.ts';
import type { Verification } from '#schemas/referrals.ts';
import type { Ctx } from '../context.ts';
import { startOfPeriod } from '../lib/zoned-time.ts';
import { limitFindings, linkFault, readReferralCode } from './rules.ts';

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
  const { link, programme, tenant } = named;
  const fault = linkFault({ ...named, now });
  if (fault) return fault;
  const isOwn = ctx.actor.type === 'user' && ctx.actor.userId === link.userId;
  if (isOwn) return 'OWN_CODE';
  if (!programme || (programme.maxPerReferrer === null && programme.maxPerReferrerMonth === null)) return null;
  const who = { tenantId: link.tenantId, userId: link.userId };
  const since = startOfPeriod(tenant.timezone, now, 'month');
  const total = await countRewards(ctx.db, { ...who, since: null });
  const month = await countRewards(ctx.db, { ...who, since });
  return limitFindings(programme, { total, month }).length > 0 ? 'LIMIT_REACHED' : null;
}
