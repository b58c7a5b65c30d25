import type { RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import { ErrorBody } from '#schemas/envelope.ts';
import { ACCESS, type Access } from '../auth/access.ts';
import { TENANT_SUSPENDED } from '../auth/errors.ts';
import type { Refusal } from '../lib/errors.ts';
import * as common from '../lib/errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The refusals of this operation beyond those that its shape implies. */
    errors?: readonly Refusal[];
    /** From the access table, by operationId. */
    access?: Access;
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

/** Completes each route at boot: its access from the one table, and an error schema for each status it can answer. */
export const routeContract = fp(
  async (app) => {
    app.addHook('onRoute', (route) => {
      const { schema } = route;
      if (schema?.hide || route.method === 'OPTIONS') return;
      const name = `${route.method} ${route.url}`;
      if (!schema?.operationId) throw new Error(`${name} has no operationId`);
      const access = (ACCESS as Record<string, Access>)[schema.operationId];
      if (access === undefined) throw new Error(`${name}: ${schema.operationId} is not in the access table`);
      const refusals = refusalsOf(route, access);
      route.config = { ...route.config, access, refusals };
      const errorResponses = Object.fromEntries(refusals.map(({ statusCode }) => [statusCode, ErrorBody]));
      schema.response = { ...errorResponses, ...(schema.response as object) };
      schema.security = securityOf(access);
    });
  },
  { name: 'route-contract' },
);

function refusalsOf(route: RouteOptions, access: Access): Refusal[] {
  const { schema = {}, config } = route;
  const implied: Refusal[] = [common.INTERNAL_ERROR, common.SERVICE_UNAVAILABLE];
  if (schema.body || schema.querystring || schema.params) implied.push(common.VALIDATION_ERROR);
  // A body is read, and refused, whether or not the operation uses it.
  if (route.method !== 'GET' && route.method !== 'HEAD') {
    implied.push(
      common.MALFORMED_JSON,
      common.PAYLOAD_TOO_LARGE,
      common.UNSUPPORTED_MEDIA_TYPE,
      common.REQUEST_TIMEOUT,
    );
  }
  if (access !== 'anyone') implied.push(common.UNAUTHORIZED, common.TOKEN_EXPIRED);
  if (route.url.includes(':tenantId')) implied.push(common.NOT_FOUND);
  if (access === 'staff' || access === 'admin' || access === 'owner') {
    implied.push(common.FORBIDDEN);
    if (route.method !== 'GET') implied.push(TENANT_SUSPENDED);
  }
  const all = [...implied, ...(config?.errors ?? [])];
  return [...new Map(all.map((refusal) => [refusal.code, refusal])).values()];
}

function securityOf(access: Access): Record<string, string[]>[] {
  if (access === 'anyone') return [];
  return access === 'optional' ? [{ bearerAuth: [] }, {}] : [{ bearerAuth: [] }];
}
