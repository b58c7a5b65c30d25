import { findApiKeyById, findApiKeyPrincipal } from '#db/queries/api-keys.ts';

import { findTenant, findTenantBySubdomain } from '#db/queries/tenants.ts';
import { findUserByEmail } from '#db/queries/users.ts';
import { emailAddress } from '#schemas/common.ts';
import { type Plan, plans } from '#schemas/plans.ts';
import { revokeApiKey } from './api-keys/revoke-api-key.ts';
import { endPlatformAdmin } from './auth/end-platform-admin.ts';
import { makePlatformAdmin } from './auth/make-platform-admin.ts';
import type { Ctx, Deps } from './context.ts';
import { isApiKey } from './lib/api-key.ts';
import { isUuid, newId } from './lib/ids.ts';
import { hashToken } from './lib/secrets.ts';
import { normalizeEmail } from './lib/text.ts';
import { eraseUserFiles } from './storage/erase-user-files.ts';
import { replayEvent } from './stripe-events/replay-event.ts';
import { setTenantPlan } from './tenants/set-tenant-plan.ts';
import { setTenantStatus } from './tenants/set-tenant-status.ts';

/** The service itself as the caller: what it does is in the audit log as `system`. */
type SystemCtx = Pick<Ctx, 'deps' | 'db' | 'clock' | 'baseUrl' | 'actor' | 'requestId'> & { ipAddress: null };
type Options = { name?: string | undefined; reason?: string | undefined };
type Run = (ctx: SystemCtx, args: string[], options: Options) => Promise<string>;
export type Command = { args: string[]; help: string; run: Run };

/** What an operator does from the command line, by name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  'create-admin': {
    args: ['email'],
    help: 'Make a platform admin; a new account gets a password, printed once (--name for its name)',
    run: async (ctx, [email = ''], { name }) => {
      const address = emailAddress.safeParse(email);
      if (!address.success) throw new Error(`${email} is not an e-mail address.`);
      const { password } = await makePlatformAdmin(ctx, { email: address.data, name });
      return password === null ? `${email} is a platform admin now.` : `Made ${email} with the password ${password}`;
    },
  },
  'remove-admin': {
    args: ['email'],
    help: 'Take the platform role away',
    run: async (ctx, [email = '']) => {
      await endPlatformAdmin(ctx, { email: normalizeEmail(email) });
      return `${email} is no platform admin any more.`;
    },
  },
  'suspend-tenant': {
    args: ['tenant'],
    help: 'Hide a brand and refuse its writes (--reason goes into its audit log)',
    run: async (ctx, [tenant = ''], { reason }) => {
      const { subdomain } = await setTenantStatus(ctx, {
        tenantId: await tenantId(ctx, tenant),
        status: 'suspended',
        reason,
      });
      return `${subdomain} is suspended.`;
    },
  },
  'activate-tenant': {
    args: ['tenant'],
    help: 'Lift a suspension, or reopen a closing brand',
    run: async (ctx, [tenant = ''], { reason }) => {
      const { subdomain } = await setTenantStatus(ctx, {
        tenantId: await tenantId(ctx, tenant),
        status: 'active',
        reason,
      });
      return `${subdomain} is active.`;
    },
  },
  'set-plan': {
    args: ['tenant', 'plan'],
    help: `Change the plan of a brand: ${plans.join(', ')}`,
    run: async (ctx, [tenant = '', plan = '']) => {
      if (!isPlan(plan)) throw new Error(`${plan} is not a plan: ${plans.join(', ')}.`);
      const { subdomain } = await setTenantPlan(ctx, { tenantId: await tenantId(ctx, tenant), plan });
      return `${subdomain} has the plan ${plan}.`;
    },
  },
  'revoke-key': {
    args: ['key'],
    help: 'End an API key, given by its id or as the leaked key itself',
    run: async (ctx, [key = '']) => {
      const found = isUuid(key) ? await findApiKeyById(ctx.db, key) : await findByText(ctx, key);
      if (!found) throw new Error('There is no such key.');
      await revokeApiKey(ctx, { tenantId: found.tenantId, apiKeyId: found.id });
      return `The key ${found.id} of the brand ${found.tenantId} is revoked.`;
    },
  },
  'erase-files': {
    args: ['email'],
    help: 'Delete the avatars and proofs of a person; what they sent for a brand stays, without their name',
    run: async (ctx, [email = '']) => {
      const user = await findUserByEmail(ctx.db, normalizeEmail(email));
      if (!user) throw new Error(`There is no account ${email}.`);
      const { erased, kept } = await eraseUserFiles(ctx, { userId: user.id });
      return `${erased} files are erased; ${kept} files of brands have lost their sender.`;
    },
  },
  'replay-event': {
    args: ['event'],
    help: 'Apply an event of Stripe again: evt_…',
    run: async ({ deps }, [eventId = '']) => {
      const { type, status, error } = await replayEvent(deps, { eventId });
      if (status !== 'succeeded' && status !== 'ignored') throw new Error(`${type} could not be applied: ${error}.`);
      return `${type} is applied: ${status}.`;
    },
  },
};

export function systemCtx(deps: Deps): SystemCtx {
  const { db, clock } = deps;
  const baseUrl = deps.config.PUBLIC_URL ?? '';
  return { deps, db, clock, baseUrl, actor: { type: 'anonymous' }, requestId: `command-${newId()}`, ipAddress: null };
}

async function tenantId({ db }: SystemCtx, named: string): Promise<string> {
  const isId: boolean = isUuid(named);
  const row = isId ? await findTenant(db, named) : await findTenantBySubdomain(db, named.toLowerCase());
  if (!row) throw new Error(`There is no brand ${named}: give its id or its subdomain.`);
  return row.id;
}

function findByText({ db }: SystemCtx, key: string) {
  return isApiKey(key) ? findApiKeyPrincipal(db, { keyHash: hashToken(key), month: '1970-01-01' }) : undefined;
}

function isPlan(text: string): text is Plan {
  return (plans as readonly string[]).includes(text);
}
