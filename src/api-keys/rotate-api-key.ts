import { countLiveApiKeys, insertApiKey } from '#db/queries/api-keys.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import type { NewApiKey } from '#schemas/api-keys.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { changeApiKey } from './change-api-key.ts';
import { API_KEY_DISABLED, API_KEY_ENDED, API_KEY_LIMIT } from './errors.ts';
import { makeKey } from './make-key.ts';
import { presentApiKey } from './present-api-key.ts';
import { computeOverlapEnd, isEnded, MAX_LIVE_KEYS } from './rules.ts';

type Input = { tenantId: string; apiKeyId: string; overlapSeconds?: number | undefined };

/** Replaces a key by a new one with the same name, scopes, limits and expiry; the old one works on for the overlap. */
export async function rotateApiKey(ctx: Ctx<UserActor>, input: Input): Promise<NewApiKey> {
  const { tenantId, apiKeyId, overlapSeconds = LIFETIMES.keyOverlap } = input;
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const tenant = await findTenantForUpdate(tx, tenantId);
    if (!tenant) throw new AppError(NOT_FOUND);
    let made = null as NewApiKey | null;
    await changeApiKey(ctx, { db: tx, tenantId, apiKeyId, action: 'apiKey.rotated', now }, async (old) => {
      // Under the lock of the old key: of two rotations at once one finds it replaced.
      if (isEnded(old, now) || old.replacedBy !== null) throw new AppError(API_KEY_ENDED);
      if (!old.enabled) throw new AppError(API_KEY_DISABLED);
      const { name, scopes, expiresAt, allowedAddresses, requestsPerMinute, credits, creditsId } = old;
      const kept = { name, scopes, expiresAt, allowedAddresses, requestsPerMinute };
      const { key, row } = makeKey({ tenantId, ...kept, createdBy: ctx.actor.userId, now });
      // Both keys draw on the same credits while the old one works on: a rotation makes none.
      const fresh = await insertApiKey(tx, { ...row, creditsId });
      made = { apiKey: presentApiKey(fresh, { plan: tenant.plan, credits, now }), key };
      return { expiresAt: computeOverlapEnd(old, { overlapSeconds, now }), replacedBy: row.id };
    });
    // The old key counts for as long as it works on.
    if ((await countLiveApiKeys(tx, { tenantId, now })) > MAX_LIVE_KEYS) throw new AppError(API_KEY_LIMIT);
    if (!made) throw new Error('a rotation makes a key');
    const { apiKey } = made;
    const target = { type: 'apiKey', id: apiKey.id };
    await recordChange(ctx, { db: tx, tenantId, action: 'apiKey.created', target, after: apiKey, now });
    return made;
  });
}
