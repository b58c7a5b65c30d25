import type { Db } from '#db/client.ts';
import { listClicksOfVisitor } from '#db/queries/referral-clicks.ts';
import { findLink, type NamedLink } from '#db/queries/referral-links.ts';
import { findCampaign, type ProgrammeRow } from '#db/queries/referral-programmes.ts';
import {
  countReferralsSince,
  findPastOf,
  findReferralByExternalId,
  findReferralOf,
  findRefusedReferral,
  insertReferral,
  isBroughtBy,
  type ReferralRow,
  shareCard,
} from '#db/queries/referrals.ts';
import { findUser } from '#db/queries/users.ts';
import { shareWallet } from '#db/queries/wallets.ts';
import type { RuleFinding } from '#schemas/referrals.ts';
import { recordEvent } from '../../events/record-event.ts';
import { isDisposableEmail } from '../../lib/disposable-emails.ts';
import { newId } from '../../lib/ids.ts';
import { addSeconds } from '../../lib/time.ts';
import { presentReferral } from '../present-referral.ts';
import { type Attribution, attribute, decideSignup, linkFault, statusOf } from '../rules.ts';
import type { Visitor } from './know-visitor.ts';
import { lockProgramme } from './load-programme.ts';
import { recordConversion } from './record-conversion.ts';

type Signing = {
  named: NamedLink;
  userId: string;
  visitor: Visitor;
  externalId?: string | undefined;
  now: Date;
};
export type Attributed = { referral: ReferralRow; isNew: boolean };

/** Decides who brought a new person, once: later clicks do not move it (RL3). What is refused is kept with its reasons. */
export async function attributeSignup(tx: Db, signing: Signing): Promise<Attributed> {
  const { named, userId, now } = signing;
  const { tenantId } = named.link;
  const programme = await lockProgramme(tx, { tenantId, now });
  const known = await findReferralOf(tx, { tenantId, userId });
  if (known) return { referral: known, isNew: false };
  const won = await win(tx, { ...signing, programme });
  const findings = await judge(tx, { ...signing, ...won, programme });
  const referral = rowOf({ ...signing, ...won, programme, findings });
  if (!(await insertReferral(tx, referral))) return { referral: await findBefore(tx, referral), isNew: false };
  if (referral.status === 'attributed') await announceSignup(tx, { referral, now });
  if (referral.status !== 'refused' && programme.convertsOn === 'signup') {
    await recordConversion(tx, { referral, event: 'signup', money: null, now });
  }
  return { referral, isNew: true };
}

/** What stands in the way of a new one: this link was refused before, or the brand's name for it is another's. */
async function findBefore(tx: Db, referral: ReferralRow): Promise<ReferralRow> {
  const { tenantId, referredId: userId, linkId, externalId } = referral;
  const before =
    externalId === null
      ? await findRefusedReferral(tx, { tenantId, userId, linkId })
      : await findReferralByExternalId(tx, { tenantId, externalId });
  if (!before) throw new Error('a referral is gone');
  return before;
}

export async function announceSignup(tx: Db, { referral, now }: { referral: ReferralRow; now: Date }): Promise<void> {
  const { tenantId, id: objectId } = referral;
  await recordEvent(tx, { tenantId, type: 'referral.signup', objectId, data: presentReferral(referral), now });
}

type Won = { attribution: Attribution; linkId: string; referrerId: string; campaign: NamedLink['campaign'] };

async function win(tx: Db, { named, visitor, programme, now }: Signing & { programme: ProgrammeRow }): Promise<Won> {
  const { tenantId, id: linkId, userId } = named.link;
  const { visitorKey } = visitor;
  const seen = await listClicksOfVisitor(tx, { tenantId, ...visitor });
  // Network and browser are those of many: clicks on other links count only where the client itself says whose they are.
  const isOwn = (click: (typeof seen)[number]) => visitorKey !== null && click.visitorKey === visitorKey;
  const clicks = seen.filter((click) => click.linkId === linkId || isOwn(click));
  const { attribution: model, windowDays } = programme;
  const attribution = attribute({ clicks, linkId, model, windowDays, now });
  const { winner } = attribution;
  const link = winner && winner.linkId !== linkId && (await findLink(tx, { tenantId, linkId: winner.linkId }));
  if (!link) return { attribution, linkId, referrerId: userId, campaign: named.campaign };
  const { campaignId } = link;
  const campaign = campaignId === null ? null : ((await findCampaign(tx, { tenantId, campaignId })) ?? null);
  return { attribution, linkId: link.id, referrerId: link.userId, campaign };
}

type Judging = Signing & Won & { programme: ProgrammeRow };

async function judge(tx: Db, { named, userId, programme, attribution, referrerId, campaign, now }: Judging) {
  const { tenantId } = named.link;
  const [referrer, referred] = [await findUser(tx, referrerId), await findUser(tx, userId)];
  const since = addSeconds(now, -3_600);
  const past = await findPastOf(tx, { tenantId, userId });
  return decideSignup({
    referrer: { id: referrerId, email: referrer?.email ?? null },
    referred: { id: userId, email: referred?.email ?? null },
    fault: linkFault({ programme, campaign, now }),
    isInWindow: attribution.winner !== null,
    ...past,
    isCycle: await isBroughtBy(tx, { tenantId, userId: referrerId, ancestorId: userId }),
    isSameWallet: referrerId !== userId && (await shareWallet(tx, [referrerId, userId])),
    isSameCard: referrerId !== userId && (await shareCard(tx, { tenantId, userIds: [referrerId, userId] })),
    isDisposable: referred?.email != null && isDisposableEmail(referred.email),
    signupsThisHour: await countReferralsSince(tx, { tenantId, userId: referrerId, since }),
    mode: programme.fraudMode,
    now,
  });
}

type Deciding = Judging & { findings: RuleFinding[] };

function rowOf({ named, userId, programme, attribution, findings, linkId, referrerId, externalId, now }: Deciding) {
  const { tenantId } = named.link;
  const { attribution: model, windowDays } = programme;
  const status = statusOf(findings) ?? ('attributed' as const);
  const who = { tenantId, id: newId(), linkId, referrerId, referredId: userId, status };
  const why = { model, windowDays, touches: attribution.touches, findings };
  // What was refused does not use up the name that the brand has for it.
  const name = status === 'refused' ? null : (externalId ?? null);
  const source = attribution.winner?.source ?? 'direct';
  return { ...who, ...why, externalId: name, source, decidedAt: null, decidedBy: null, createdAt: now };
}
