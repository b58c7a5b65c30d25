import type { NamedLink } from '#db/queries/referral-links.ts';
import { findReferralByExternalId } from '#db/queries/referrals.ts';
import { findUser } from '#db/queries/users.ts';
import type { TrackBody, Tracked } from '#schemas/referrals.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, FORBIDDEN, UNAUTHORIZED, VALIDATION_ERROR } from '../lib/errors.ts';
import { rolesIn } from '../payments/steps/roles-in.ts';
import { attributeSignup } from './steps/attribute-signup.ts';
import type { Visitor } from './steps/know-visitor.ts';

type Input = { named: NamedLink; body: TrackBody; visitor: Visitor; now: Date };

/** A sign-up, told by the new person, or by the brand for one. */
export async function trackSignup(ctx: Ctx, { named, body, visitor, now }: Input): Promise<Tracked> {
  const { tenantId } = named.link;
  const userId = await signedUp(ctx, { tenantId, userId: body.userId });
  const { externalId } = body;
  // Whoever tells for others is not the visitor.
  const isOwn = ctx.actor.type === 'user' && ctx.actor.userId === userId;
  const known = isOwn ? visitor : { ...visitor, visitorHash: '' };
  return withTx(ctx, async (tx) => {
    const before = externalId && (await findReferralByExternalId(tx, { tenantId, externalId }));
    if (before) return { tracked: false, reason: 'ALREADY_TRACKED', eventId: before.id };
    const { referral, isNew } = await attributeSignup(tx, { named, userId, visitor: known, externalId, now });
    const { id: eventId, status, findings } = referral;
    if (status === 'refused') return { tracked: false, reason: findings[0]?.rule ?? null, eventId };
    if (!isNew) return { tracked: false, reason: 'ALREADY_TRACKED', eventId };
    return { tracked: true, reason: status === 'review' ? 'IN_REVIEW' : null, eventId };
  });
}

async function signedUp(ctx: Ctx, { tenantId, userId }: { tenantId: string; userId: string | undefined }) {
  const { actor } = ctx;
  if (actor.type === 'anonymous') throw new AppError(UNAUTHORIZED);
  if (actor.type === 'user' && (userId === undefined || userId === actor.userId)) return actor.userId;
  if (userId === undefined) throw unknown('is needed where the brand tells of it');
  if (!(await rolesIn(ctx, tenantId))('staff')) throw new AppError(FORBIDDEN);
  if (!(await findUser(ctx.db, userId))) throw unknown('is nobody');
  return userId;
}

function unknown(message: string): AppError {
  return new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', field: 'userId', message }] });
}
