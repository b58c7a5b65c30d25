import type { Ctx } from '../context.ts';

/** The tenant of a call whose permission asks for a role: authentication has found it. */
export function tenantOf(ctx: Ctx): string {
  if (ctx.tenantId === null) throw new Error('the route does not ask for a role in a tenant');
  return ctx.tenantId;
}
