import type { Db } from '#db/client.ts';
import { deleteUnusedApiKeyCredits, findApiKeyCreditsForUpdate } from '#db/queries/api-key-credits.ts';
import {
  type ApiKeyChange,
  type ApiKeyRow,
  type ApiKeyWithCredits,
  findApiKeyForUpdate,
  updateApiKey,
} from '#db/queries/api-keys.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { ApiKey } from '#schemas/api-keys.ts';
import { recordChange } from '../audit/record-change.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentApiKey } from './present-api-key.ts';
import type { Credits } from './rules.ts';
import { saveCredits } from './save-credits.ts';

type Input = { db: Db; tenantId: string; apiKeyId: string; action: string; now: Date };
type Change = Omit<ApiKeyChange, 'creditsId'> & { credits?: Credits | null };
type Decide = (row: ApiKeyWithCredits) => Change | null | Promise<Change | null>;

/** Changes a key under its lock as `decide` says, with its audit entry; null leaves it as it is. */
export async function changeApiKey(
  ctx: Pick<Ctx, 'actor' | 'requestId'> & { ipAddress: string | null },
  { db, tenantId, apiKeyId, action, now }: Input,
  decide: Decide,
): Promise<ApiKey> {
  const row = await findApiKeyForUpdate(db, { tenantId, apiKeyId });
  const tenant = await findTenant(db, tenantId);
  if (!row || !tenant) throw new AppError(NOT_FOUND);
  const { plan } = tenant;
  const credits = await holdCredits(db, row);
  const before = presentApiKey(row, { plan, credits, now });
  const change = await decide({ ...row, credits });
  if (change === null || Object.keys(change).length === 0) return before;
  const changed = await saveChange(db, { row, change });
  if (!changed) throw new AppError(NOT_FOUND);
  const after = presentApiKey(changed, { plan, credits: change.credits === undefined ? credits : change.credits, now });
  await recordChange(ctx, { db, tenantId, action, target: { type: 'apiKey', id: apiKeyId }, before, after, now });
  return after;
}

// Nobody takes one until the change is made: what it starts from, and tells as before, is exact.
async function holdCredits(db: Db, { tenantId, creditsId }: ApiKeyRow) {
  return creditsId === null ? null : ((await findApiKeyCreditsForUpdate(db, { tenantId, creditsId })) ?? null);
}

async function saveChange(db: Db, { row, change: { credits, ...change } }: { row: ApiKeyRow; change: Change }) {
  const { tenantId, id: apiKeyId, creditsId: held } = row;
  if (credits === undefined) return updateApiKey(db, { tenantId, apiKeyId, change });
  const creditsId = await saveCredits(db, { tenantId, creditsId: held, credits });
  const changed = await updateApiKey(db, { tenantId, apiKeyId, change: { ...change, creditsId } });
  if (held !== null && creditsId === null) await deleteUnusedApiKeyCredits(db, { tenantId, creditsId: held });
  return changed;
}
