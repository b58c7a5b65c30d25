import type { TenantRole } from '#schemas/team.ts';
import type { Mail } from '../clients/mail.ts';

type Input = { to: string; brand: string; tenantId: string; role: TenantRole; token: string; apiUrl: string };

/** Carries the token that only the invited mailbox gets to see. */
export function invitationMail({ to, brand, tenantId, role, token, apiUrl }: Input): Mail {
  // A brand's name is free text: it must not add lines to the mail.
  const name = brand.replace(/\s+/g, ' ');
  return {
    to,
    subject: `Join the team of ${name}`,
    text: [
      `You are invited to join the team of ${name} as ${role}.`,
      '',
      'Sign in, or register, with this e-mail address and accept with this token:',
      '',
      `  ${token}`,
      '',
      `POST ${apiUrl}/api/v1/tenants/${tenantId}/team/accept`,
      '',
      'The invitation is good for 7 days. If you did not expect it, ignore this mail.',
    ].join('\n'),
  };
}
