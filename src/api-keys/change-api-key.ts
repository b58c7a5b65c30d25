import type { Db } from '#db/client.ts';
import { type ApiKeyChange, type ApiKeyRow, findApiKeyForUpdate, updateApiKey } from '#db/queries/api-keys.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { ApiKey } from '#schemas/api-keys.ts';
import { recordChange } from '../audit/record-change.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentApiKey } from './present-api-key.ts';

type Input = { db: Db; tenantId: string; apiKeyId: string; action: string; now: Date };
type Decide = (row: ApiKeyRow) => ApiKeyChange | null | Promise<ApiKeyChange | null>;

/** Changes a key under its lock as `decide` says, with its audit entry; null leaves it as it is. */
export async function changeApiKey(
  ctx: Pick<Ctx, 'actor' | 'requestId'> & { ipAddress: string | null },
  { db, tenantId, apiKeyId, action, now }: Input,
  decide: Decide,
): Promise<ApiKey> {
  const row = await findApiKeyForUpdate(db, { tenantId, apiKeyId });
  const tenant = await findTenant(db, tenantId);
  if (!row || !tenant) throw new AppError(NOT_FOUND);
  const before = presentApiKey(row, tenant.plan);
  const change = await decide(row);
  if (change === null || Object.keys(change).length === 0) return before;
  const changed = await updateApiKey(db, { tenantId, apiKeyId, change });
  if (!changed) throw new AppError(NOT_FOUND);
  const after = presentApiKey(changed, tenant.plan);
  await recordChange(ctx, { db, tenantId, action, target: { type: 'apiKey', id: apiKeyId }, before, after, now });
  return after;
}
