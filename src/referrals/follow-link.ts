import { findLinkByCode, type NamedLink } from '#db/queries/referral-links.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { visitorKey } from '../lib/visitors.ts';
import { readReferralCode } from './rules.ts';
import { knowVisitor } from './steps/know-visitor.ts';
import { recordClick } from './steps/record-click.ts';

type Input = {
  code: string;
  /** Neither a look at what is there nor a browser that loads ahead is a click. */
  isClick: boolean;
  query: string;
  referrerUrl: string | undefined;
  country: string | null;
};

/** Leads to the brand's page, with the code and a name of the visitor that the page hands back with the sign-up. */
export async function followLink(ctx: Ctx, { code: typed, isClick, query, ...from }: Input): Promise<string> {
  const named = await requireNamed(ctx, typed);
  const { tenantId } = named.link;
  const now = ctx.clock.now();
  const { ipAddress, userAgent } = ctx;
  const { visitorHash } = await knowVisitor(ctx.db, { tenantId, ipAddress, userAgent, now });
  const target = targetOf(ctx, named);
  // What the link was shared with goes on to the page, unless the page says otherwise.
  for (const [name, value] of new URLSearchParams(query)) {
    if (!target.searchParams.has(name)) target.searchParams.append(name, value);
  }
  target.searchParams.set('ref', named.code);
  target.searchParams.set('ref_visitor', visitorHash);
  const visitor = { visitorHash, visitorKey: visitorKey(tenantId, visitorHash) };
  if (isClick) await recordClick(ctx, { named, visitor, landingUrl: target.href, ...from, now });
  return target.href;
}

/** A code is of no brand in particular: what leads nowhere is not there. */
export async function requireNamed(ctx: Ctx, typed: string): Promise<NamedLink> {
  const code = readReferralCode(typed);
  const named = code === null ? undefined : await findLinkByCode(ctx.db, code);
  if (!named) throw new AppError(NOT_FOUND);
  return named;
}

function targetOf(ctx: Ctx, { campaign, programme, tenant }: NamedLink): URL {
  const own = tenant.customDomain ? `https://${tenant.customDomain}/` : `${ctx.baseUrl}/`;
  return new URL(campaign?.landingUrl ?? programme?.landingUrl ?? own);
}
