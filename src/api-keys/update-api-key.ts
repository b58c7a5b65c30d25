import type { ApiKey } from '#schemas/api-keys.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { changeApiKey } from './change-api-key.ts';
import { API_KEY_ENDED } from './errors.ts';
import { isEnded } from './rules.ts';

type Input = { tenantId: string; apiKeyId: string; name?: string | undefined; enabled?: boolean | undefined };

/** Renames, disables or enables a key. One that has ended stays as it is. */
export async function updateApiKey(ctx: Ctx, { tenantId, apiKeyId, name, enabled }: Input): Promise<ApiKey> {
  const now = ctx.clock.now();
  const change = { ...(name !== undefined && { name }), ...(enabled !== undefined && { enabled }) };
  return withTx(ctx, (tx) =>
    changeApiKey(ctx, { db: tx, tenantId, apiKeyId, action: 'apiKey.updated', now }, (row) => {
      if (isEnded(row, now)) throw new AppError(API_KEY_ENDED);
      return change;
    }),
  );
}
