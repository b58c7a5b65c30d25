import Fastify from 'fastify';
import postgres from 'postgres';

/** The bare read of P1: the service's SQL through postgres.js and a JSON-schema serialiser, and nothing else. */
const settings: { port: number; databaseUrl: string; poolSize: number; statement: string } = JSON.parse(
  process.argv[2] ?? '{}',
);

const text = { type: 'string' } as const;
const textOrNull = { type: ['string', 'null'] } as const;
const PublicTenant = {
  type: 'object',
  properties: {
    id: text,
    name: text,
    subdomain: text,
    customDomain: textOrNull,
    description: textOrNull,
    logoUrl: textOrNull,
    theme: { type: 'object', additionalProperties: true },
    locale: text,
    currency: text,
  },
} as const;
const Answer = { type: 'object', properties: { success: { type: 'boolean' }, data: PublicTenant } } as const;

const sql = postgres(settings.databaseUrl, { max: settings.poolSize });
const app = Fastify();

app.get('/health/ready', async () => sql`select 1`);
app.get<{ Params: { subdomain: string } }>(
  '/api/v1/tenants/public/:subdomain',
  { schema: { response: { 200: Answer } } },
  async (request) => {
    const [row] = await sql.unsafe(settings.statement, [request.params.subdomain], { prepare: true });
    if (!row) throw new Error('no such tenant');
    const { custom_domain: customDomain, logo_url: logoUrl, ...same } = row;
    return { success: true, data: { ...same, customDomain, logoUrl } };
  },
);

await app.listen({ host: '127.0.0.1', port: settings.port });
