import { createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import postgres from 'postgres';
import { newApiKey, startOf } from '#src/lib/api-key.ts';
import { hashToken } from '#src/lib/secrets.ts';
import { type Bench, ISSUER } from './bench.ts';

const COUNT = 1_000;
const DAY_MS = 86_400_000;

/** What a request shows, and what the read of authentication finds it by. */
export type Credential = { headers: Record<string, string>; lookup: string; owner: string };
type Credentials = { sessions: Credential[]; keys: Credential[] };

const filled = new WeakMap<Bench, Promise<Credentials>>();

/** A session and an API key for each of a thousand people and brands, made once a run. */
export function fillCredentials(bench: Bench): Promise<Credentials> {
  const known = filled.get(bench) ?? fill(bench);
  filled.set(bench, known);
  return known;
}

async function fill({ databaseUrl, privateKey }: Bench): Promise<Credentials> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const users = await sql`select id from users order by email limit ${COUNT}`;
    const tenants = await sql`select id from tenants order by subdomain limit ${COUNT}`;
    await sql`update tenants set plan = 'scale' where id in ${sql(tenants.map(({ id }) => id))}`;
    const now = new Date();
    const ends = new Date(now.getTime() + DAY_MS);
    const sessions = users.map(({ id: userId }) => ({ id: randomUUID(), userId: String(userId) }));
    const keys = tenants.map(({ id: tenantId }) => ({ key: newApiKey(), tenantId: String(tenantId) }));
    await sql`insert into sessions ${sql(
      sessions.map(({ id, userId }) => ({ id, user_id: userId, created_at: now, last_used_at: now, expires_at: ends })),
    )}`;
    for (const { key, tenantId } of keys) {
      await sql`insert into api_keys (id, tenant_id, name, start, key_hash, scopes, created_by, created_at)
        values (uuidv7(), ${tenantId}, 'Bench', ${startOf(key)}, ${hashToken(key)}, '{read,write}', uuidv7(), ${now})`;
    }
    await sql`vacuum (analyze, freeze) sessions, api_keys`;
    const signer = createPrivateKey(privateKey);
    return {
      sessions: sessions.map(({ id, userId }) => ({
        headers: { authorization: `Bearer ${accessToken(signer, { userId, sessionId: id })}` },
        lookup: id,
        owner: userId,
      })),
      keys: keys.map(({ key, tenantId }) => ({
        headers: { 'x-api-key': key },
        lookup: hashToken(key),
        owner: tenantId,
      })),
    };
  } finally {
    await sql.end();
  }
}

function accessToken(key: KeyObject, { userId, sessionId }: { userId: string; sessionId: string }): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { sub: userId, sid: sessionId, iat, exp: iat + 900, iss: ISSUER, aud: 'ttconnect-api' };
  const input = [{ alg: 'EdDSA', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${input.join('.')}.${sign(null, Buffer.from(input.join('.')), key).toString('base64url')}`;
}
