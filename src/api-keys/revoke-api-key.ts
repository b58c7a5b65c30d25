import { type Ctx, withTx } from '../context.ts';
import { changeApiKey } from './change-api-key.ts';

/** Ends a key at once and for good. Revoking again changes nothing. */
export async function revokeApiKey(
  ctx: Pick<Ctx, 'actor' | 'requestId' | 'db' | 'clock'> & { ipAddress: string | null },
  { tenantId, apiKeyId }: { tenantId: string; apiKeyId: string },
) {
  const now = ctx.clock.now();
  const revokedBy = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  await withTx(ctx, (tx) =>
    changeApiKey(ctx, { db: tx, tenantId, apiKeyId, action: 'apiKey.revoked', now }, ({ revokedAt }) =>
      revokedAt === null ? { revokedAt: now, revokedBy } : null,
    ),
  );
  return { id: apiKeyId, deleted: true as const };
}
