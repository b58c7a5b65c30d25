import type { ApiKeyChange } from '#db/queries/api-keys.ts';
import type { ApiKey } from '#schemas/api-keys.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { changeApiKey } from './change-api-key.ts';
import { API_KEY_ENDED } from './errors.ts';
import { type AskedCredits, isEnded } from './rules.ts';
import { requireCredits } from './save-credits.ts';

type Input = { tenantId: string; apiKeyId: string; change: Changes & { credits?: AskedCredits | null | undefined } };
type Changes = {
  [Name in 'name' | 'enabled' | 'allowedAddresses' | 'requestsPerMinute']?: ApiKeyChange[Name] | undefined;
};

/** Renames, limits, disables or enables a key. One that has ended stays as it is. */
export async function updateApiKey(ctx: Ctx, { tenantId, apiKeyId, change }: Input): Promise<ApiKey> {
  const now = ctx.clock.now();
  const { credits: asked, ...columns } = change;
  const given = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)) as ApiKeyChange;
  return withTx(ctx, (tx) =>
    changeApiKey(ctx, { db: tx, tenantId, apiKeyId, action: 'apiKey.updated', now }, (row) => {
      if (isEnded(row, now)) throw new AppError(API_KEY_ENDED);
      if (asked === undefined) return given;
      return { ...given, credits: asked && requireCredits(row.credits, { asked, now }) };
    }),
  );
}
