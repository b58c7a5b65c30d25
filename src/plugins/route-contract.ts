import type { RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import { ErrorBody } from '#schemas/envelope.ts';
import { KEY_CREDITS_EXHAUSTED } from '../api-keys/errors.ts';
import { isIdempotent, type Permission, permissionOf, roleFor, takesApiKeys } from '../auth/access.ts';
import { TENANT_SUSPENDED } from '../auth/errors.ts';
import type { Refusal } from '../lib/errors.ts';
import * as common from '../lib/errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The refusals of this operation beyond those that its shape implies. */
    errors?: readonly Refusal[];
    /** From the table of permissions, by operationId. */
    permission?: Permission;
    /** Answers an ETag; with `write` it takes If-Match too. */
    etag?: 'read' | 'write';
    /** Whether an Idempotency-Key makes this operation run once. */
    isIdempotent?: boolean;
    /** Everything that the operation can refuse with: errors, and what its access and input imply. */
    refusals?: readonly Refusal[];
  }
  interface FastifySchema {
    operationId?: string;
    tags?: readonly string[];
    summary?: string;
    description?: string;
    security?: readonly Record<string, readonly string[]>[];
    hide?: boolean;
  }
}

/**
 * Completes each route at boot: its permission from the one table, an error schema for each status it can answer, and the
 * headers that it reads.
 */
export const routeContract = fp(
  async (app) => {
    app.addHook('onRoute', (route) => {
      const { schema } = route;
      if (route.method === 'OPTIONS') return;
      if (schema?.hide) {
        // The same operation at another place, or none of the API's.
        const permission = permissionOf(schema.operationId ?? '');
        if (permission) route.config = { ...route.config, permission };
        return;
      }
      const name = `${route.method} ${route.url}`;
      if (!schema?.operationId) throw new Error(`${name} has no operationId`);
      const permission = permissionOf(schema.operationId);
      if (!permission) throw new Error(`${name}: ${schema.operationId} is not in the table of permissions`);
      const idempotent = isIdempotent(permission, String(route.method));
      const refusals = refusalsOf(route, permission, idempotent);
      route.config = { ...route.config, permission, refusals, isIdempotent: idempotent };
      const errorResponses = Object.fromEntries(refusals.map(({ statusCode }) => [statusCode, ErrorBody]));
      schema.response = { ...errorResponses, ...(schema.response as object) };
      schema.security = securityOf(permission);
    });
  },
  { name: 'route-contract' },
);

function refusalsOf(route: RouteOptions, permission: Permission, idempotent: boolean): Refusal[] {
  const { schema = {}, config } = route;
  const isRead = route.method === 'GET' || route.method === 'HEAD';
  const implied: Refusal[] = [common.INTERNAL_ERROR, common.SERVICE_UNAVAILABLE];
  if (permission.limit !== 'none') implied.push(common.RATE_LIMITED);
  if (schema.body || schema.querystring || schema.params || idempotent) implied.push(common.VALIDATION_ERROR);
  // A body is read, and refused, whether or not the operation uses it.
  if (!isRead) {
    implied.push(
      common.MALFORMED_JSON,
      common.PAYLOAD_TOO_LARGE,
      common.UNSUPPORTED_MEDIA_TYPE,
      common.REQUEST_TIMEOUT,
    );
  }
  if (idempotent) implied.push(common.IDEMPOTENCY_KEY_REUSED, common.IDEMPOTENCY_IN_PROGRESS);
  implied.push(...refusalsOfPermission(permission, { isRead, hasTenantInPath: route.url.includes(':tenantId') }));
  const all = [...implied, ...(config?.errors ?? [])];
  return [...new Map(all.map((refusal) => [refusal.code, refusal])).values()];
}

function refusalsOfPermission(
  permission: Permission,
  { isRead, hasTenantInPath }: { isRead: boolean; hasTenantInPath: boolean },
): Refusal[] {
  const refusals: Refusal[] = hasTenantInPath ? [common.NOT_FOUND] : [];
  if (permission.who === 'anyone') return refusals;
  // A key is looked at, if only to be refused.
  refusals.push(common.UNAUTHORIZED, common.TOKEN_EXPIRED, common.INVALID_API_KEY, common.FORBIDDEN);
  if (takesApiKeys(permission)) refusals.push(common.QUOTA_EXCEEDED, KEY_CREDITS_EXHAUSTED, common.INSUFFICIENT_SCOPE);
  if (roleFor(permission) === null) return refusals;
  if (!hasTenantInPath) refusals.push(common.VALIDATION_ERROR, common.TENANT_REQUIRED, common.NOT_FOUND);
  if (!isRead && !permission.whileSuspended) refusals.push(TENANT_SUSPENDED);
  return refusals;
}

function securityOf(permission: Permission): Record<string, string[]>[] {
  if (permission.who === 'anyone') return [];
  const schemes: Record<string, string[]>[] = [{ bearerAuth: [] }];
  if (takesApiKeys(permission)) schemes.push({ apiKeyAuth: [] });
  return permission.who === 'optional' ? [...schemes, {}] : schemes;
}
