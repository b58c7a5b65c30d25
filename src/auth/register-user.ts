import { findPublicTenantById } from '#db/queries/tenants.ts';
import { findUserByEmail, insertUser, type UserRow } from '#db/queries/users.ts';
import type { Session } from '#schemas/auth.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { bringByCode } from '../referrals/steps/bring-by-code.ts';
import { choosePassword } from './choose-password.ts';
import { EMAIL_TAKEN } from './errors.ts';
import { showUser } from './show-user.ts';
import { startSession } from './start-session.ts';

type Input = {
  email: string;
  password: string;
  name?: string | undefined;
  tenantId?: string | undefined;
  referralCode?: string | undefined;
};

/** Makes an account and signs it in. */
export async function registerUser(ctx: Ctx, input: Input): Promise<Session> {
  const now = ctx.clock.now();
  if (await findUserByEmail(ctx.db, input.email)) throw new AppError(EMAIL_TAKEN);
  if (input.tenantId && !(await findPublicTenantById(ctx.db, input.tenantId))) throw new AppError(NOT_FOUND);

  const passwordHash = await choosePassword(ctx, { ...input, field: 'password' });
  const user: UserRow = {
    id: newId(),
    email: input.email,
    passwordHash,
    name: input.name ?? null,
    emailVerifiedAt: null,
    platformRole: 'user',
    timezone: null,
    locale: null,
    avatarKey: null,
    signupTenantId: input.tenantId ?? null,
    signupReferralCode: input.referralCode ?? null,
    createdAt: now,
    updatedAt: now,
  };
  try {
    const tokens = await withTx(ctx, async (tx) => {
      await insertUser(tx, user);
      const { signupReferralCode: code, signupTenantId: tenantId } = user;
      await bringByCode(ctx, tx, { code, tenantId, userId: user.id, now });
      await ctx.deps.jobs.enqueue(tx, 'mail', { kind: 'verify_email', userId: user.id });
      return startSession(ctx, { db: tx, userId: user.id, now });
    });
    return { ...tokens, user: showUser(ctx, user, { tenants: [], wallets: [] }) };
  } catch (error) {
    if (isUniqueViolation(error, 'users_email_key')) throw new AppError(EMAIL_TAKEN);
    throw error;
  }
}
