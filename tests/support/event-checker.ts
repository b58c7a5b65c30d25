import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';
import postgres from 'postgres';
import { presentEvent } from '#src/events/present-event.ts';

type Described = { post: { requestBody: { content: { 'application/json': { schema: object } } } } };

/** The objects of events that tests make up. */
export const madeUp = new Set<string>();

/** What is wrong with the events written: each is to be what the `webhooks` section says of its type. */
export async function findBadEvents(app: FastifyInstance, url: string): Promise<string[]> {
  const document = app.swagger() as unknown as { webhooks: Record<string, Described>; components: object };
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'openapi', components: document.components });
  const compile = (type: string) => {
    const { schema } = document.webhooks[type]?.post.requestBody.content['application/json'] ?? { schema: { not: {} } };
    return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components')));
  };
  const validators = new Map<string, ReturnType<typeof compile>>();
  const sql = postgres(url, { max: 1, onnotice: () => {}, transform: postgres.camel });
  const rows = await sql`select *, sequence::int as sequence from events`;
  await sql.end();
  return rows.flatMap((row) => {
    if (madeUp.has(row['objectId'])) return [];
    const validate = validators.get(row['type']) ?? compile(row['type']);
    validators.set(row['type'], validate);
    const body = JSON.parse(JSON.stringify(presentEvent(row as never)));
    return validate(body) ? [] : [`${row['type']}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`];
  });
}
