import Fastify from 'fastify';
import postgres from 'postgres';

/** The bare read of P2: the first page of a catalogue through postgres.js and a JSON-schema serialiser. */
const settings: { port: number; databaseUrl: string; poolSize: number; statement: string } = JSON.parse(
  process.argv[2] ?? '{}',
);

const text = { type: 'string' } as const;
const textOrNull = { type: ['string', 'null'] } as const;
const integer = { type: 'integer' } as const;
const Product = {
  type: 'object',
  properties: {
    ...{ id: text, tenantId: text, externalId: textOrNull, name: text, description: textOrNull, sku: textOrNull },
    price: { type: 'object', properties: { amount: integer, currency: text } },
    ...{ status: text, stock: { type: ['integer', 'null'] }, type: text },
    tierIds: { type: 'array', items: text },
    imageKeys: { type: 'array', items: text },
    metadata: { type: 'object', additionalProperties: true },
    ...{ version: integer, createdAt: text, updatedAt: text },
  },
} as const;
const Answer = {
  type: 'object',
  properties: {
    success: { type: 'boolean' },
    data: { type: 'array', items: Product },
    meta: { type: 'object', properties: { limit: integer, nextCursor: textOrNull } },
  },
} as const;

const sql = postgres(settings.databaseUrl, { max: settings.poolSize });
const app = Fastify();

app.get('/health/ready', async () => sql`select 1`);
app.get<{ Params: { tenantId: string } }>(
  '/api/v1/tenants/:tenantId/products',
  { schema: { response: { 200: Answer } } },
  async (request) => {
    const rows = await sql.unsafe(settings.statement, [request.params.tenantId], { prepare: true });
    const data = rows.slice(0, 20).map((row) => ({
      id: row['id'],
      tenantId: row['tenant_id'],
      externalId: row['external_id'],
      name: row['name'],
      description: row['description'],
      sku: row['sku'],
      price: { amount: Number(row['price_amount']), currency: row['price_currency'] },
      status: row['status'],
      stock: row['stock'],
      type: row['type'],
      tierIds: row['tier_ids'],
      imageKeys: row['image_keys'],
      metadata: row['metadata'],
      version: row['version'],
      createdAt: row['created_at'].toISOString(),
      updatedAt: row['updated_at'].toISOString(),
    }));
    return { success: true, data, meta: { limit: 20, nextCursor: data.at(-1)?.id ?? null } };
  },
);

await app.listen({ host: '127.0.0.1', port: settings.port });
