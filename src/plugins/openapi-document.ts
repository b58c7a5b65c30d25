import type { Refusal } from '../lib/errors.ts';
import { failureBody } from './errors.ts';
import { describeWebhooks } from './openapi-webhooks.ts';

type Response = {
  description: string;
  headers?: object;
  content?: Record<string, { schema?: object; example?: unknown }>;
};
type Body = { required?: boolean; content: Record<string, { schema?: { anyOf?: { type?: string }[] } }> };
type Parameter = { name: string; in: string };
type Operation = {
  operationId?: string;
  parameters?: Parameter[];
  requestBody?: Body;
  responses: Record<string, Response>;
};
export type OpenapiDocument = {
  paths: Record<string, Record<string, Operation>>;
  webhooks?: Record<string, object>;
  components: { schemas: Record<string, object>; headers?: object };
};

/** What the schema library does not see of an operation. */
export type OperationFacts = {
  refusals: readonly Refusal[];
  isIdempotent: boolean;
  isLimited: boolean;
  etag: 'read' | 'write' | null;
  takesTenantHeader: boolean;
};

const integer = { type: 'integer' };
const HEADERS = {
  'X-RateLimit-Limit': { description: 'Requests in the window', schema: integer },
  'X-RateLimit-Remaining': { description: 'Requests left in the window', schema: integer },
  'X-RateLimit-Reset': { description: 'Seconds until the window ends', schema: integer },
  'X-RateLimit-Plan': { description: 'The plan that sets the limit, for API keys', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait', schema: integer },
  ETag: { description: 'The version answered: for If-None-Match, and for If-Match', schema: { type: 'string' } },
  'Idempotent-Replayed': { description: '`true` on an answer that was given before', schema: { type: 'string' } },
};
type Header = keyof typeof HEADERS;
const LIMIT_HEADERS = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'X-RateLimit-Plan'] as const;

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes the request run once: a retry with the same key and request gets the first answer again, with `Idempotent-Replayed: true`, for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};
const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The ETag of what was read: the change is made only while nobody else has made one.',
  schema: { type: 'string' },
};
const TENANT_ID = {
  name: 'X-Tenant-Id',
  in: 'header',
  required: false,
  description: 'The brand that is meant, for a user who works for several.',
  schema: { type: 'string', format: 'uuid' },
};

const SUCCESS: Record<string, string> = { 200: 'Done', 201: 'Created', 202: 'Accepted', 304: 'Not modified' };

/** Says in each error response which codes it can carry, and drops schemas that nothing refers to. */
export function completeDocument(
  document: OpenapiDocument,
  facts: ReadonlyMap<string, OperationFacts>,
): OpenapiDocument {
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (operation.requestBody) markOptional(operation.requestBody);
      const fact = facts.get(operation.operationId ?? '');
      const known = fact?.refusals ?? [];
      if (fact?.isIdempotent) operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
      if (fact?.etag === 'write') operation.parameters = [...(operation.parameters ?? []), IF_MATCH];
      if (fact?.takesTenantHeader) operation.parameters = [...(operation.parameters ?? []), TENANT_ID];
      for (const [status, response] of Object.entries(operation.responses)) {
        const mine = known.filter(({ statusCode }) => String(statusCode) === status);
        if (mine.length > 0) operation.responses[status] = errorResponse(mine, { path, method });
        else response.description = SUCCESS[status] ?? response.description;
        if (status === '304') delete response.content;
        const headers = headersOf(status, fact);
        const shown = operation.responses[status];
        if (shown && headers.length > 0)
          shown.headers = Object.fromEntries(headers.map((name) => [name, headerRef(name)]));
      }
    }
  }
  document.components.headers = HEADERS;
  document.webhooks = describeWebhooks();
  dropUnused(document);
  return renameInputs(openObjects(document));
}

function headersOf(status: string, fact: OperationFacts | undefined): Header[] {
  const isSuccess = status.startsWith('2');
  return [
    ...(fact?.isLimited && (isSuccess || status === '429') ? LIMIT_HEADERS : []),
    ...(status === '429' || status === '402' || status === '503' ? (['Retry-After'] as const) : []),
    ...(fact?.etag && isSuccess ? (['ETag'] as const) : []),
    ...(fact?.isIdempotent && isSuccess ? (['Idempotent-Replayed'] as const) : []),
  ];
}

function headerRef(name: Header): object {
  return { $ref: `#/components/headers/${name}` };
}

// A body that may be null may be left out.
function markOptional(body: Body): void {
  const schema = body.content['application/json']?.schema;
  if (schema?.anyOf?.some(({ type }) => type === 'null')) body.required = false;
}

function errorResponse(refusals: readonly Refusal[], { path, method }: { path: string; method: string }): Response {
  const [first] = refusals;
  if (!first) throw new Error('no refusal');
  const codes = refusals.map(({ code }) => code);
  const narrowed = { properties: { error: { properties: { code: { type: 'string', enum: codes } } } } };
  const body = failureBody({ refusal: first }, { path, method: method.toUpperCase(), requestId: 'b1946ac9-2f5e' });
  const example = { ...body, error: { ...body.error, timestamp: '2026-11-23T14:15:16.123Z' } };
  return {
    description: refusals.map(({ code, message }) => `\`${code}\`: ${message}`).join(' '),
    content: {
      'application/json': { schema: { allOf: [{ $ref: '#/components/schemas/ErrorBody' }, narrowed] }, example },
    },
  };
}

function dropUnused(document: OpenapiDocument): void {
  const { schemas } = document.components;
  for (let changed = true; changed; ) {
    const text = JSON.stringify(document);
    const unused = Object.keys(schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
    for (const name of unused) delete schemas[name];
    changed = unused.length > 0;
  }
}

// Clients must accept fields that a later version adds: no object is closed.
function openObjects<Node>(node: Node): Node {
  if (Array.isArray(node)) for (const item of node) openObjects(item);
  else if (node !== null && typeof node === 'object') {
    const object = node as Record<string, unknown>;
    if (object['additionalProperties'] === false) delete object['additionalProperties'];
    for (const value of Object.values(object)) openObjects(value);
  }
  return node;
}

// The schema library names every input apart; where no output has the plain name, the input takes it.
function renameInputs(document: OpenapiDocument): OpenapiDocument {
  const { schemas } = document.components;
  let text = JSON.stringify(document);
  for (const name of Object.keys(schemas)) {
    const plain = name.replace(/Input$/, '');
    if (plain === name || plain in schemas) continue;
    text = text.replaceAll(`"#/components/schemas/${name}"`, `"#/components/schemas/${plain}"`);
    text = text.replaceAll(`"${name}":{`, `"${plain}":{`);
  }
  return JSON.parse(text);
}
