import { describe, expect, it } from 'vitest';
import { tenantRoles } from '#schemas/team.ts';
import { tenantStatuses } from '#schemas/tenants.ts';
import { canManage, isLastOwner } from '#src/team/rules.ts';
import { decideStatusChange, isReserved } from '#src/tenants/rules.ts';

describe('reserved subdomains', () => {
  it.each(['admin', 'api', 'www', 'www2', 'docs', 'ttconnect', 'support', 'mail', 'localhost', 'abuse'])(
    '%s',
    (label) => {
      expect(isReserved(label)).toBe(true);
    },
  );

  it.each(['acme', 'api-docs', 'my-admin', 'apis', '', 'constructor'])('%s is free', (label) => {
    expect(isReserved(label)).toBe(false);
  });
});

describe('the status of a brand', () => {
  const changes = tenantStatuses.flatMap((from) => tenantStatuses.map((to) => [from, to] as const));
  const allowed = ['active closing', 'closing active'];

  it.each(changes)('from %s to %s', (from, to) => {
    const byOwner = decideStatusChange(from, to, 'owner');
    const byPlatform = decideStatusChange(from, to, 'platform');
    if (from === to) {
      expect([byOwner, byPlatform]).toEqual([
        { ok: false, reason: 'illegal' },
        { ok: false, reason: 'illegal' },
      ]);
      return;
    }
    expect(byPlatform).toEqual({ ok: true });
    expect(byOwner).toEqual(allowed.includes(`${from} ${to}`) ? { ok: true } : { ok: false, reason: 'forbidden' });
  });
});

describe('the team', () => {
  const manageable = { owner: ['owner', 'admin', 'staff'], admin: ['admin', 'staff'], staff: [] };

  it.each(tenantRoles)('%s manages those at or below, staff nobody', (mine) => {
    expect(tenantRoles.filter((theirs) => canManage(mine, theirs))).toEqual(manageable[mine]);
  });

  it.each([
    ['owner', 1, true],
    ['owner', 0, true],
    ['owner', 2, false],
    ['admin', 1, false],
    ['staff', 0, false],
  ] as const)('%s among %d owners is the last one: %s', (role, owners, expected) => {
    expect(isLastOwner(role, owners)).toBe(expected);
  });
});
