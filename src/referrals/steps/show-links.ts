import { listLinksOfMember } from '#db/queries/referral-links.ts';
import type { ReferralLink } from '#schemas/referrals.ts';
import type { Ctx } from '../../context.ts';

/** The links of a person with a brand, with what came of each. */
export async function showLinks(
  ctx: Ctx,
  { tenantId, userId, linkId }: { tenantId: string; userId: string; linkId?: string },
): Promise<ReferralLink[]> {
  const rows = await listLinksOfMember(ctx.db, { tenantId, userId, linkId });
  return rows.map(({ link, code, ...sums }) => {
    const url = `${ctx.baseUrl}/r/${code}`;
    const { id, campaignId, clicks } = link;
    return { id, tenantId, campaignId, code, url, qr: { svg: `${url}/qr.svg`, png: `${url}/qr.png` }, clicks, ...sums };
  });
}
