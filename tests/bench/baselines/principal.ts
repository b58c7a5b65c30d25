import Fastify from 'fastify';
import postgres from 'postgres';

/** The bare read of P3: the service's SQL of authentication through postgres.js and a JSON-schema serialiser. */
const settings: { port: number; databaseUrl: string; poolSize: number; statement: string } = JSON.parse(
  process.argv[2] ?? '{}',
);

const text = { type: 'string' } as const;
const Answer = {
  type: 'object',
  properties: {
    success: { type: 'boolean' },
    data: {
      type: 'object',
      properties: {
        valid: { type: 'boolean' },
        principal: { type: 'object', properties: { type: text, id: text, owner: text } },
        expiresAt: { type: ['string', 'null'] },
      },
    },
  },
} as const;

const sql = postgres(settings.databaseUrl, { max: settings.poolSize });
const app = Fastify();

app.get('/health/ready', async () => sql`select 1`);
app.get<{ Params: { lookup: string } }>(
  '/api/v1/auth/verify/:lookup',
  { schema: { response: { 200: Answer } } },
  async (request) => {
    const [row] = await sql.unsafe(settings.statement, [request.params.lookup], { prepare: true });
    if (!row) throw new Error('no such credential');
    const principal = { type: 'user', id: row['id'], owner: row['owner'] };
    return { success: true, data: { valid: true, principal, expiresAt: null } };
  },
);

await app.listen({ host: '127.0.0.1', port: settings.port });
