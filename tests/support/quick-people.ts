import { insertRefreshToken } from '#db/queries/refresh-tokens.ts';
import { insertSession } from '#db/queries/sessions.ts';
import { insertTeamMember } from '#db/queries/team.ts';
import { insertUser } from '#db/queries/users.ts';
import type { TenantRole } from '#schemas/team.ts';
import { newId } from '#src/lib/ids.ts';
import { hashToken, newToken } from '#src/lib/secrets.ts';
import { PASSWORD, type Person, uniqueEmail } from './people.ts';
import type { TestApp } from './test-app.ts';

const hashes = new WeakMap<TestApp, Promise<string>>();
const DAY = 86_400_000;

/** A person as registration leaves them, without the price of one password hash each. */
export async function quickPerson(test: TestApp, name = 'person'): Promise<Person> {
  const { db, passwords } = test.deps;
  const hash = hashes.get(test) ?? passwords.hash(PASSWORD);
  hashes.set(test, hash);
  const [now, userId, email] = [new Date(), newId(), uniqueEmail(name)];
  await insertUser(db, { id: userId, email, name, passwordHash: await hash, createdAt: now, updatedAt: now });
  return { userId, email, ...(await quickSession(test, userId)) };
}

/** A signed-in device of the person. */
export async function quickSession(test: TestApp, userId: string) {
  const { db } = test.deps;
  const [now, sessionId, refreshToken] = [new Date(), newId(), newToken('ttr_')];
  const expiresAt = new Date(now.getTime() + DAY);
  await insertSession(db, { id: sessionId, userId, userAgent: null, ipAddress: '127.0.0.1', now, expiresAt });
  const tokenHash = hashToken(refreshToken);
  await insertRefreshToken(db, { id: newId(), sessionId, parentId: null, tokenHash, now, expiresAt });
  return { sessionId, refreshToken, token: test.app.signAccessToken({ userId, sessionId, issuedAt: now }) };
}

export async function quickMember(test: TestApp, tenantId: string, role: TenantRole): Promise<Person> {
  const person = await quickPerson(test, role);
  await insertTeamMember(test.deps.db, { tenantId, userId: person.userId, role, joinedAt: new Date() });
  return person;
}
