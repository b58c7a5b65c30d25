import Fastify from 'fastify';
import postgres from 'postgres';

/** The bare read of P3: one membership with its tier and brand through postgres.js and a JSON-schema serialiser. */
const settings: { port: number; databaseUrl: string; poolSize: number; statement: string } = JSON.parse(
  process.argv[2] ?? '{}',
);

const text = { type: 'string' } as const;
const textOrNull = { type: ['string', 'null'] } as const;
const integer = { type: 'integer' } as const;
const integerOrNull = { type: ['integer', 'null'] } as const;
const flag = { type: 'boolean' } as const;
const Tier = {
  type: 'object',
  properties: {
    ...{ id: text, tenantId: text, name: text, code: text, rank: integer, price: { type: 'null' } },
    benefits: { type: 'array', items: text },
    ...{ pointsThreshold: integerOrNull, trialDays: integer, active: flag },
  },
} as const;
const Membership = {
  type: 'object',
  properties: {
    ...{ id: text, tenantId: text, userId: text, tier: Tier, status: text, points: integer },
    tenant: { type: 'object', properties: { name: text, subdomain: text, logoUrl: textOrNull } },
    ...{ hidesName: flag, startedAt: text, expiresAt: textOrNull, cancelAtPeriodEnd: flag, subscriptionId: textOrNull },
  },
} as const;
const Answer = {
  type: 'object',
  properties: { success: flag, data: { type: 'object', properties: { member: flag, membership: Membership } } },
} as const;

const sql = postgres(settings.databaseUrl, { max: settings.poolSize });
const app = Fastify();

app.get('/health/ready', async () => sql`select 1`);
app.get<{ Params: { tenantId: string; userId: string } }>(
  '/read/:tenantId/:userId',
  { schema: { response: { 200: Answer } } },
  async ({ params }) => {
    const [row] = await sql.unsafe(settings.statement, [params.userId, params.tenantId], { prepare: true });
    if (!row) throw new Error('no such membership');
    const tier = {
      id: row['tier_id'],
      tenantId: row['tenant_id'],
      name: row['tier_name'],
      code: row['code'],
      rank: row['rank'],
      price: null,
      benefits: row['benefits'],
      pointsThreshold: row['points_threshold'],
      trialDays: row['trial_days'],
      active: row['active'],
    };
    const membership = {
      id: row['id'],
      tenantId: row['tenant_id'],
      userId: row['user_id'],
      tenant: { name: row['name'], subdomain: row['subdomain'], logoUrl: row['logo_url'] },
      tier,
      status: row['status'],
      points: Number(row['points']),
      hidesName: row['hides_name'],
      startedAt: row['started_at'].toISOString(),
      expiresAt: null,
      cancelAtPeriodEnd: row['cancel_at_period_end'],
      subscriptionId: null,
    };
    return { success: true, data: { member: true, membership } };
  },
);

await app.listen({ host: '127.0.0.1', port: settings.port });
