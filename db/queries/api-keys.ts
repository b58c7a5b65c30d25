import { and, eq, getTableColumns, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import { batched, isAnyOf, textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { apiKeyCredits, apiKeys, tenantUsageMonths } from '../schema/api-keys.ts';
import { tenants } from '../schema/tenants.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

export type ApiKeyRow = typeof apiKeys.$inferSelect;
export type CreditsRow = typeof apiKeyCredits.$inferSelect;
type Key = { tenantId: string; apiKeyId: string };

const principal = prepared((db) =>
  db
    .select({
      id: apiKeys.id,
      keyHash: apiKeys.keyHash,
      month: sql<string>`${sql.placeholder('month')}::text`,
      tenantId: apiKeys.tenantId,
      scopes: apiKeys.scopes,
      allowedAddresses: apiKeys.allowedAddresses,
      requestsPerMinute: apiKeys.requestsPerMinute,
      creditsId: apiKeys.creditsId,
      enabled: apiKeys.enabled,
      expiresAt: apiKeys.expiresAt,
      revokedAt: apiKeys.revokedAt,
      tenantStatus: tenants.status,
      plan: tenants.plan,
      // Looked up for each key, whatever the planner thinks of the table's size.
      usedThisMonth: sql<string | null>`(${db
        .select({ requests: tenantUsageMonths.requests })
        .from(tenantUsageMonths)
        .where(
          and(
            eq(tenantUsageMonths.tenantId, apiKeys.tenantId),
            eq(tenantUsageMonths.month, sql`${sql.placeholder('month')}::date`),
          ),
        )})`,
    })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .where(isAnyOf(apiKeys.keyHash, 'keyHashes', 'text'))
    .prepare('list_api_key_principals'),
);

const byLookup = batched(
  async (db, lookups) => {
    // One month but for the requests of its last instant, and of a test clock.
    const months = Map.groupBy(lookups, (lookup) => lookup.slice(0, MONTH_LENGTH));
    const reads = [...months].map(([month, ofMonth]) => {
      const keyHashes = textArray(ofMonth.map((lookup) => lookup.slice(MONTH_LENGTH)));
      return principal(db).execute({ month, keyHashes });
    });
    return (await Promise.all(reads)).flat();
  },
  ({ month, keyHash }) => month + keyHash,
);
const MONTH_LENGTH = '2026-11-01'.length;

/** The one read of authentication by key, whatever state the key is in, with the brand's use in the month. */
export function findApiKeyPrincipal(db: Db, { keyHash, month }: { keyHash: string; month: string }) {
  return byLookup(db, month + keyHash);
}

export type ApiKeyWithCredits = ApiKeyRow & { credits: CreditsRow | null };

const ofKey = and(eq(apiKeyCredits.tenantId, apiKeys.tenantId), eq(apiKeyCredits.id, apiKeys.creditsId));
const selectKeys = (db: Db) =>
  db
    .select({ ...getTableColumns(apiKeys), credits: apiKeyCredits })
    .from(apiKeys)
    .leftJoin(apiKeyCredits, ofKey);

export async function findApiKeyByHash(
  db: Db,
  { tenantId, keyHash }: { tenantId: string; keyHash: string },
): Promise<ApiKeyWithCredits | undefined> {
  const rows = await selectKeys(db).where(and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.keyHash, keyHash)));
  return rows[0];
}

const list = prepared((db) =>
  selectKeys(db)
    .where(and(eq(apiKeys.tenantId, sql.placeholder('tenantId')), afterPosition(apiKeys.createdAt, apiKeys.id)))
    .orderBy(apiKeys.createdAt, apiKeys.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_api_keys'),
);

export function listApiKeys(
  db: Db,
  { tenantId, page }: { tenantId: string; page: PageRequest },
): Promise<ApiKeyWithCredits[]> {
  return list(db).execute({ tenantId, ...pageParameters(page) });
}

const isKey = ({ tenantId, apiKeyId }: Key) => and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, apiKeyId));

export async function findApiKey(db: Db, key: Key): Promise<ApiKeyWithCredits | undefined> {
  return (await selectKeys(db).where(isKey(key)))[0];
}

/** Whose key it is, for the platform, which knows only the id. */
export async function findApiKeyById(db: Db, apiKeyId: string): Promise<ApiKeyRow | undefined> {
  return (await db.select().from(apiKeys).where(eq(apiKeys.id, apiKeyId)))[0];
}

/** Holds the key's row until the transaction ends. */
export async function findApiKeyForUpdate(db: Db, key: Key): Promise<ApiKeyRow | undefined> {
  return (await db.select().from(apiKeys).where(isKey(key)).for('update'))[0];
}

export async function insertApiKey(db: Db, key: typeof apiKeys.$inferInsert): Promise<ApiKeyRow> {
  const [row] = await db.insert(apiKeys).values(key).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

export type ApiKeyChange = Partial<
  Pick<
    ApiKeyRow,
    | 'name'
    | 'allowedAddresses'
    | 'requestsPerMinute'
    | 'creditsId'
    | 'enabled'
    | 'expiresAt'
    | 'revokedAt'
    | 'revokedBy'
    | 'replacedBy'
  >
>;

export async function updateApiKey(
  db: Db,
  { change, ...key }: Key & { change: ApiKeyChange },
): Promise<ApiKeyRow | undefined> {
  return (await db.update(apiKeys).set(change).where(isKey(key)).returning())[0];
}

/** Notes the use of keys, at most once a minute each: as of the flush that brings it. */
export async function updateApiKeysUsed(
  db: Db,
  { apiKeyIds, now }: { apiKeyIds: readonly string[]; now: Date },
): Promise<void> {
  const aMinuteAgo = new Date(now.getTime() - 60_000);
  await db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(
      and(inArray(apiKeys.id, [...apiKeyIds]), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, aMinuteAgo))),
    );
}

/** Keys of a brand that work at the instant. */
export async function countLiveApiKeys(db: Db, { tenantId, now }: { tenantId: string; now: Date }): Promise<number> {
  const isLive = or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now));
  return db.$count(apiKeys, and(eq(apiKeys.tenantId, tenantId), isNull(apiKeys.revokedAt), isLive));
}
