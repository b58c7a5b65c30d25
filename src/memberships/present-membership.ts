import type { MembershipRow } from '#db/queries/memberships.ts';
import type { TierRow } from '#db/queries/tiers.ts';
import type { Membership } from '#schemas/memberships.ts';
import { presentTier } from './present-tier.ts';
import { statusAt } from './rules.ts';

type Brand = { name: string; subdomain: string; logoUrl: string | null };
type Shown = { membership: MembershipRow; tier: TierRow; tenant: Brand };

/** A membership as its person sees it, with its state at the instant. */
export function presentMembership({ membership, tier, tenant }: Shown, now: Date): Membership {
  const { id, tenantId, userId, points, hidesName, startedAt, expiresAt, cancelAtPeriodEnd, subscriptionId } =
    membership;
  const { name, subdomain, logoUrl } = tenant;
  return {
    id,
    tenantId,
    userId,
    tenant: { name, subdomain, logoUrl },
    tier: presentTier(tier),
    status: statusAt(membership, now),
    points,
    hidesName,
    startedAt,
    expiresAt,
    cancelAtPeriodEnd,
    subscriptionId,
  };
}
