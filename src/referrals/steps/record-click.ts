import { insertClick } from '#db/queries/referral-clicks.ts';
import type { NamedLink } from '#db/queries/referral-links.ts';
import { type Ctx, withTx } from '../../context.ts';
import { newId } from '../../lib/ids.ts';
import { isBot } from '../../lib/user-agents.ts';
import { startOfPeriod } from '../../lib/zoned-time.ts';
import { linkFault } from '../rules.ts';
import { deviceOf, sourceOf } from '../visitor-rules.ts';
import type { Visitor } from './know-visitor.ts';

type Clicking = {
  named: NamedLink;
  visitor: Visitor;
  landingUrl?: string | undefined;
  referrerUrl?: string | undefined;
  country: string | null;
  externalId?: string | null | undefined;
  now: Date;
};
export type Clicked = { tracked: boolean; reason: string | null; eventId: string | null };

/** Counts a click, unless a program made it, its name is known, or the visitor clicked on the link in this hour (RL2). */
export async function recordClick(
  ctx: Ctx,
  { named, visitor, country, externalId = null, now, ...from }: Clicking,
): Promise<Clicked> {
  const fault = linkFault({ ...named, now });
  if (fault) return { tracked: false, reason: fault, eventId: null };
  if (isBot(ctx.userAgent)) return { tracked: false, reason: 'BOT', eventId: null };
  const { tenantId, id: linkId } = named.link;
  const what = { source: sourceOf(from), device: deviceOf(ctx.userAgent), country, externalId };
  const hourAt = startOfPeriod('UTC', now, 'hour');
  const row = { tenantId, id: newId(), linkId, ...visitor, hourAt, ...what, createdAt: now };
  const isNew = await withTx(ctx, (tx) => insertClick(tx, row));
  return isNew
    ? { tracked: true, reason: null, eventId: row.id }
    : { tracked: false, reason: 'ALREADY_TRACKED', eventId: null };
}
