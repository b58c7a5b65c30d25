import { insertTeamMember } from '#db/queries/team.ts';
import { findUserByEmail, insertUser } from '#db/queries/users.ts';
import type { Ctx, Deps, UserActor } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { createStore } from '../stores/create-store.ts';
import { createTenant } from '../tenants/create-tenant.ts';

export const DEMO_PASSWORD = 'ttconnect-demo-1';

/** Logins of the demo data, each with what it is for. */
export const DEMO_LOGINS = [
  { email: 'platform@demo.example', name: 'Pat Platform', role: 'platform admin' },
  { email: 'owner@demo.example', name: 'Olive Owner', role: 'owner of Acme Coffee' },
  { email: 'staff@demo.example', name: 'Sam Staff', role: 'staff of Acme Coffee' },
  { email: 'customer@demo.example', name: 'Cleo Customer', role: 'customer' },
] as const;

/** Fills an empty development database; does nothing when the demo data is there. */
export async function seedDemoData(deps: Deps): Promise<void> {
  if (await findUserByEmail(deps.db, DEMO_LOGINS[0].email)) return;
  const passwordHash = await deps.passwords.hash(DEMO_PASSWORD);
  const now = deps.clock.now();
  const ids: Record<string, string> = {};
  // The last one inserted is the first one: its presence says that the rest is there.
  for (const { email, name, role } of DEMO_LOGINS.slice(1))
    ids[role] = await insertDemoUser(deps, { email, name, passwordHash, now });

  const owner = demoCtx(deps, ids['owner of Acme Coffee'] ?? '');
  const tenant = await createTenant(owner, {
    name: 'Acme Coffee',
    subdomain: 'acme',
    currency: 'GBP',
    timezone: 'Europe/London',
    locale: 'en-GB',
    description: 'Roasted in Leith.',
    theme: { primaryColor: '#6f4e37' },
  });
  const staffId = ids['staff of Acme Coffee'] ?? '';
  await insertTeamMember(deps.db, { tenantId: tenant.id, userId: staffId, role: 'staff', joinedAt: now });
  await createStore(owner, { tenantId: tenant.id, body: { name: 'Leith Walk', country: 'GB' } });
  await createStore(owner, { tenantId: tenant.id, body: { name: 'Princes Street', country: 'GB' } });
  const { email, name } = DEMO_LOGINS[0];
  await insertDemoUser(deps, { email, name, passwordHash, now, platformRole: 'admin' });
}

type DemoUser = { email: string; name: string; passwordHash: string; now: Date; platformRole?: 'admin' };

async function insertDemoUser(deps: Deps, { now, platformRole = undefined, ...user }: DemoUser): Promise<string> {
  const found = await findUserByEmail(deps.db, user.email);
  if (found) return found.id;
  const id = newId();
  await insertUser(deps.db, {
    id,
    ...user,
    ...(platformRole && { platformRole }),
    emailVerifiedAt: now,
    createdAt: now,
    updatedAt: now,
  });
  return id;
}

function demoCtx(deps: Deps, userId: string): Ctx<UserActor> {
  const actor: UserActor = {
    type: 'user',
    userId,
    sessionId: userId,
    platformRole: 'user',
    tenantRole: 'owner',
    tokenExpiresAt: deps.clock.now(),
  };
  const { db, clock } = deps;
  const signAccessToken = () => '';
  return { deps, db, actor, clock, requestId: 'demo-data', ipAddress: '127.0.0.1', userAgent: null, signAccessToken };
}
