import { countLiveApiKeys, insertApiKey } from '#db/queries/api-keys.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import type { ApiKeyScope, NewApiKey } from '#schemas/api-keys.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { API_KEY_LIMIT } from './errors.ts';
import { makeKey } from './make-key.ts';
import { presentApiKey } from './present-api-key.ts';
import { type AskedCredits, MAX_LIVE_KEYS } from './rules.ts';
import { requireCredits, saveCredits } from './save-credits.ts';

type Input = {
  tenantId: string;
  name: string;
  scopes: ApiKeyScope[];
  expiresAt?: Date | null | undefined;
  allowedAddresses?: string[] | undefined;
  requestsPerMinute?: number | null | undefined;
  credits?: AskedCredits | null | undefined;
};

/** Makes a key of the brand, which outlives its maker. The key itself is in this answer and nowhere else. */
export async function createApiKey(ctx: Ctx<UserActor>, input: Input): Promise<NewApiKey> {
  const { tenantId, name, scopes, expiresAt = null, allowedAddresses = [], requestsPerMinute = null } = input;
  const { credits: asked = null } = input;
  const now = ctx.clock.now();
  if (expiresAt !== null && expiresAt <= now) throw new AppError(VALIDATION_ERROR, { errors: [PAST] });
  const credits = asked && requireCredits(null, { asked, now });
  const limits = { allowedAddresses, requestsPerMinute };
  const { key, row } = makeKey({ tenantId, name, scopes, expiresAt, ...limits, createdBy: ctx.actor.userId, now });
  return withTx(ctx, async (tx) => {
    const tenant = await findTenantForUpdate(tx, tenantId);
    if (!tenant) throw new AppError(NOT_FOUND);
    if ((await countLiveApiKeys(tx, { tenantId, now })) >= MAX_LIVE_KEYS) throw new AppError(API_KEY_LIMIT);
    const creditsId = await saveCredits(tx, { tenantId, creditsId: null, credits });
    const made = await insertApiKey(tx, { ...row, creditsId });
    const apiKey = presentApiKey(made, { plan: tenant.plan, credits, now });
    const target = { type: 'apiKey', id: apiKey.id };
    await recordChange(ctx, { db: tx, tenantId, action: 'apiKey.created', target, after: apiKey, now });
    return { apiKey, key };
  });
}

const PAST = { location: 'body', field: 'expiresAt', message: 'must be in the future' };
