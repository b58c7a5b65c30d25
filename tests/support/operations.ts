import type { FastifyInstance } from 'fastify';
import { isIdempotent, type Permission, permissionOf, type Who } from '#src/auth/access.ts';

export type JsonSchema = { [key: string]: any };
export type Operation = {
  id: string;
  method: string;
  /** As in the document: /api/v1/tenants/{tenantId} */
  path: string;
  summary: string | undefined;
  tags: string[];
  permission: Permission | undefined;
  access: Who | undefined;
  isIdempotent: boolean;
  takesTenantHeader: boolean;
  security: Record<string, string[]>[];
  params: string[];
  query: Record<string, JsonSchema>;
  /** What it does not work without. */
  requiredQuery: string[];
  /** With its $refs resolved. */
  body: JsonSchema | undefined;
  example: any;
  responses: Record<string, { content?: Record<string, { schema?: JsonSchema }> }>;
};

type Document = {
  paths: Record<string, Record<string, JsonSchema>>;
  components: JsonSchema;
  tags?: { name: string }[];
  openapi: string;
};

export function documentOf(app: FastifyInstance): Document {
  return app.swagger() as unknown as Document;
}

/** Every operation of the API, from the document that the running app makes of its routes. */
export function operationsOf(app: FastifyInstance): Operation[] {
  const document = documentOf(app);
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => readOperation(document, { path, method, operation })),
  );
}

function readOperation(
  document: Document,
  { path, method, operation }: { path: string; method: string; operation: JsonSchema },
): Operation {
  const parameters: JsonSchema[] = operation['parameters'] ?? [];
  const content = operation['requestBody']?.content?.['application/json'];
  const body = content && resolveRefs(document, content.schema);
  const permission = permissionOf(operation['operationId']);
  return {
    id: operation['operationId'],
    permission,
    access: permission?.who,
    isIdempotent: permission !== undefined && isIdempotent(permission, method.toUpperCase()),
    takesTenantHeader: parameters.some((one) => one['name'] === 'X-Tenant-Id'),
    method: method.toUpperCase(),
    path,
    summary: operation['summary'],
    tags: operation['tags'] ?? [],
    security: operation['security'] ?? [],
    params: parameters.flatMap((one) => (one['in'] === 'path' ? [one['name']] : [])),
    query: Object.fromEntries(
      parameters.flatMap((one) => (one['in'] === 'query' ? [[one['name'], resolveRefs(document, one['schema'])]] : [])),
    ),
    requiredQuery: parameters.flatMap((one) => (one['in'] === 'query' && one['required'] ? [one['name']] : [])),
    body,
    example: content?.example ?? body?.example,
    responses: operation['responses'],
  };
}

/** The schema with every $ref of the document replaced by what it names. Recursive schemas end as `{}`. */
export function resolveRefs(document: Document, schema: JsonSchema, seen: string[] = []): JsonSchema {
  if (Array.isArray(schema)) return schema.map((one) => resolveRefs(document, one, seen));
  if (schema === null || typeof schema !== 'object') return schema;
  const { $ref: ref, ...rest } = schema;
  if (typeof ref === 'string') {
    if (seen.includes(ref)) return {};
    const found = ref
      .slice(2)
      .split('/')
      .reduce<JsonSchema | undefined>((node, key) => node?.[key], document);
    if (!ref.startsWith('#/') || !found) throw new Error(`${ref} leads nowhere`);
    return { ...resolveRefs(document, found, [...seen, ref]), ...rest };
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolveRefs(document, value, seen)]));
}

/** The URL of an operation. A parameter that is not given stays in braces, so that a mistake is seen. */
export function urlOf(
  { path, requiredQuery = [] }: Pick<Operation, 'path'> & Partial<Pick<Operation, 'requiredQuery'>>,
  params: Record<string, string>,
): string {
  const url = path.replace(/\{(\w+)\}/g, (whole, name) => params[name] ?? whole);
  return requiredQuery.reduce((made, name) => withQuery(made, params[name] && `${name}=${params[name]}`), url);
}

export function withQuery(url: string, query: string | undefined): string {
  return query ? `${url}${url.includes('?') ? '&' : '?'}${query}` : url;
}

/** The example of a body with objects that there are, where it names such by these parameters. */
export function withIds(example: any, params: Record<string, string>): any {
  if (Array.isArray(example)) return example.map((one) => withIds(one, params));
  if (example === null || typeof example !== 'object') return example;
  const entries = Object.entries(example).map(([name, value]) => [
    name,
    typeof value === 'string' && /Id$/.test(name) ? (params[name] ?? value) : withIds(value, params),
  ]);
  return Object.fromEntries(entries);
}

/** The brand that is meant, where neither the path nor the caller's teams say so. */
export function tenantHeader({ takesTenantHeader }: Operation, tenantId: string | undefined): Record<string, string> {
  return takesTenantHeader && tenantId ? { 'x-tenant-id': tenantId } : {};
}

/** The fields that a body of this operation may have, in any of its alternatives. */
export function fieldsOf(body: JsonSchema | undefined): string[] {
  if (!body) return [];
  const alternatives: JsonSchema[] = [
    body,
    ...(body['anyOf'] ?? []),
    ...(body['oneOf'] ?? []),
    ...(body['allOf'] ?? []),
  ];
  return alternatives.flatMap((one) => Object.keys(one['properties'] ?? {}));
}
