import type { TenantStatus } from '#schemas/tenants.ts';

/** Labels that the platform keeps: its own hosts, and names that a stranger would take for it. */
const RESERVED = new Set(
  `about abuse account accounts admin administrator api app apps assets auth autoconfig autodiscover billing blog brand
  brands cdn checkout contact console dashboard demo dev developer developers docs domain download email example faq
  files ftp graphql health help hostmaster imap info internal legal live local localhost login logout mail main media
  metrics mobile mx news noc ns1 ns2 oauth official owner partner partners password pay payment payments platform pop
  pop3 postmaster privacy prod production public register root sandbox secure security shop signup smtp sso ssl stage
  staging static status store stores stripe support system team tenant tenants terms test testing ttconnect upload
  uploads user users verify webhook webhooks webmail webmaster welcome wiki www www1 www2`.split(/\s+/),
);

export function isReserved(subdomain: string): boolean {
  return RESERVED.has(subdomain);
}

type Mover = 'owner' | 'platform';

/** Who may move a brand from one status to another. Only the platform suspends, and only it lifts a suspension. */
const TRANSITIONS = {
  active: { closing: ['owner', 'platform'], suspended: ['platform'] },
  closing: { active: ['owner', 'platform'], suspended: ['platform'] },
  suspended: { active: ['platform'], closing: ['platform'] },
} as const satisfies Record<TenantStatus, Partial<Record<TenantStatus, readonly Mover[]>>>;

export type StatusDecision = { ok: true } | { ok: false; reason: 'forbidden' | 'illegal' };

export function decideStatusChange(from: TenantStatus, to: TenantStatus, mover: Mover): StatusDecision {
  const moves: Partial<Record<TenantStatus, readonly Mover[]>> = TRANSITIONS[from];
  const movers = moves[to];
  if (!movers) return { ok: false, reason: 'illegal' };
  return movers.includes(mover) ? { ok: true } : { ok: false, reason: 'forbidden' };
}
