import type { Db } from '#db/client.ts';
import { findLinkByCode } from '#db/queries/referral-links.ts';
import type { Ctx } from '../../context.ts';
import { readReferralCode } from '../rules.ts';
import { attributeSignup } from './attribute-signup.ts';
import { knowVisitor } from './know-visitor.ts';

type Bringing = { code: string | null; tenantId: string | null; userId: string; now: Date };

/** Who registers or joins with a code was brought by it; one that is unknown, or of another brand, keeps nobody out. */
export async function bringByCode(ctx: Ctx, tx: Db, { code: typed, tenantId, userId, now }: Bringing): Promise<void> {
  const code = typed === null ? null : readReferralCode(typed);
  const named = code === null ? undefined : await findLinkByCode(tx, code);
  if (!named || (tenantId !== null && named.link.tenantId !== tenantId)) return;
  const { ipAddress, userAgent } = ctx;
  const visitor = await knowVisitor(tx, { tenantId: named.link.tenantId, ipAddress, userAgent, now });
  await attributeSignup(tx, { named, userId, visitor, now });
}
