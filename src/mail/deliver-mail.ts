import type { JobData } from '#db/jobs.ts';
import { findCoupon } from '#db/queries/coupons.ts';
import { deleteEmailToken, insertEmailToken } from '#db/queries/email-tokens.ts';
import { findInvitationById, updateInvitationToken } from '#db/queries/team.ts';
import { findTenant } from '#db/queries/tenants.ts';
import { findUser, findUserByEmail, type UserRow } from '#db/queries/users.ts';
import { findWebhookEndpoint } from '#db/queries/webhook-endpoints.ts';
import type { EmailTokenPurpose } from '#schemas/credentials.ts';
import type { Deps } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { hashToken, newToken } from '../lib/secrets.ts';
import { addSeconds } from '../lib/time.ts';
import { PLAN_LIMITS } from '../plans/rules.ts';
import { withoutQuery } from '../webhooks/rules.ts';
import { type MailInput, renderMail } from './rules.ts';

type Job = JobData['mail'];
type Invitation = Extract<Job, { kind: 'invitation' }>;

/** Sends one mail with a token made for it: of the token, only the hash is ever stored. A retry makes a new one. */
export async function deliverMail(deps: Deps, job: Job): Promise<void> {
  if (job.kind === 'invitation') return deliverInvitation(deps, job);
  if (job.kind === 'quota') return deliverQuota(deps, job);
  if (job.kind === 'webhook') return deliverWebhookNotice(deps, job);
  if (job.kind === 'coupon') return deliverCouponNotice(deps, job);
  const user =
    job.kind === 'verify_email' ? await findUser(deps.db, job.userId) : await findUserByEmail(deps.db, job.email);
  if (!user?.email || (job.kind === 'verify_email' && user.emailVerifiedAt)) return;
  const { kind } = job;
  const { token, row } = makeToken(deps, { purpose: kind, user: { id: user.id, email: user.email } });
  await insertEmailToken(deps.db, row);
  await send(deps, { to: user.email, kind, locale: user.locale, token, ...PLACES[kind] }).catch(async (error) => {
    // The next try brings a token of its own: none of a mail that never left stays good.
    await deleteEmailToken(deps.db, row.id);
    throw error;
  });
}

const LIFETIME = { verify_email: LIFETIMES.verifyEmail, reset_password: LIFETIMES.resetPassword };
// The page of the brand's app, below APP_URL, and the call behind it.
const PLACES = {
  verify_email: { page: 'verify-email', path: 'auth/email/verify' },
  reset_password: { page: 'reset-password', path: 'auth/password/reset' },
} as const;

type Recipient = Pick<UserRow, 'id'> & { email: string };

function makeToken(deps: Deps, { purpose, user }: { purpose: EmailTokenPurpose; user: Recipient }) {
  const token = newToken('ttm_');
  const createdAt = deps.clock.now();
  const expiresAt = addSeconds(createdAt, LIFETIME[purpose]);
  const { id: userId, email } = user;
  return { token, row: { id: newId(), userId, purpose, email, tokenHash: hashToken(token), createdAt, expiresAt } };
}

async function deliverInvitation(deps: Deps, { tenantId, invitationId }: Invitation): Promise<void> {
  const invitation = await findInvitationById(deps.db, { tenantId, id: invitationId });
  const tenant = await findTenant(deps.db, tenantId);
  // Accepted, revoked or replaced meanwhile.
  if (!invitation || !tenant) return;
  const token = newToken('tti_');
  await updateInvitationToken(deps.db, { tenantId, id: invitationId, tokenHash: hashToken(token) });
  await send(deps, {
    to: invitation.email,
    kind: 'invitation',
    locale: tenant.locale,
    token,
    page: `invitations/${tenantId}`,
    path: `tenants/${tenantId}/team/accept`,
    values: { brand: tenant.name, role: invitation.role },
  });
}

async function deliverQuota(deps: Deps, { tenantId, userId, level }: Extract<Job, { kind: 'quota' }>): Promise<void> {
  const [user, tenant] = await Promise.all([findUser(deps.db, userId), findTenant(deps.db, tenantId)]);
  if (!user?.email || !tenant) return;
  const limit = String(PLAN_LIMITS[tenant.plan].requestsPerMonth ?? '');
  const values = { brand: tenant.name, plan: tenant.plan, limit };
  const kind = level === 100 ? 'quota_exceeded' : 'quota_warning';
  const mail = renderMail({ kind, locale: user.locale, token: null, link: null, call: null, values });
  await deps.mailer.send({ to: user.email, ...mail });
}

type WebhookNotice = Extract<Job, { kind: 'webhook' }>;

async function deliverWebhookNotice(
  deps: Deps,
  { tenantId, userId, endpointId, reason }: WebhookNotice,
): Promise<void> {
  const [user, tenant, endpoint] = await Promise.all([
    findUser(deps.db, userId),
    findTenant(deps.db, tenantId),
    findWebhookEndpoint(deps.db, { tenantId, endpointId }),
  ]);
  // Deleted, or enabled again, meanwhile.
  if (!user?.email || !tenant || !endpoint || endpoint.active) return;
  const values = { brand: tenant.name, url: withoutQuery(endpoint.url) };
  const kind = reason === 'gone' ? 'webhook_gone' : 'webhook_failing';
  const mail = renderMail({ kind, locale: user.locale, token: null, link: null, call: null, values });
  await deps.mailer.send({ to: user.email, ...mail });
}

type CouponNotice = Extract<Job, { kind: 'coupon' }>;

async function deliverCouponNotice(deps: Deps, { tenantId, userId, couponId }: CouponNotice): Promise<void> {
  const [user, tenant, coupon] = await Promise.all([
    findUser(deps.db, userId),
    findTenant(deps.db, tenantId),
    findCoupon(deps.db, { tenantId, couponId }),
  ]);
  // Somebody has looked meanwhile.
  if (!user?.email || !tenant || !coupon || coupon.pausedAt === null) return;
  const values = { brand: tenant.name, coupon: coupon.name, count: String(coupon.pausedRate ?? '') };
  const kind = 'coupon_paused' as const;
  const mail = renderMail({ kind, locale: user.locale, token: null, link: null, call: null, values });
  await deps.mailer.send({ to: user.email, ...mail });
}

type Sending = Omit<MailInput, 'link' | 'call'> & { to: string; page: string; path: string };

async function send({ config, mailer }: Deps, { to, page, path, ...input }: Sending): Promise<void> {
  const link = config.APP_URL ? `${config.APP_URL.replace(/\/$/, '')}/${page}?token=${input.token}` : null;
  const call = `POST ${config.PUBLIC_URL ?? ''}/api/v1/${path}`;
  await mailer.send({ to, ...renderMail({ ...input, link, call }) });
}
