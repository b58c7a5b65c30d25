import { z } from 'zod';
import { emailAddress, Id, IdParam, Timestamp } from './common.ts';

/** From the highest to the lowest. */
export const tenantRoles = ['owner', 'admin', 'staff'] as const;
export type TenantRole = (typeof tenantRoles)[number];

const Role = z.enum(tenantRoles).meta({ description: 'owner > admin > staff', example: 'staff' });

export const InviteMemberBody = z
  .object({ email: emailAddress, role: Role })
  .meta({ id: 'InviteMemberBody', example: { email: 'grace@example.com', role: 'staff' } });

export const AcceptInvitationBody = z
  .object({ token: z.string().min(1).max(200).meta({ description: 'From the invitation mail' }) })
  .meta({ id: 'AcceptInvitationBody', example: { token: 'tti_9hB2…' } });

export const UpdateMemberBody = z.object({ role: Role }).meta({ id: 'UpdateMemberBody', example: { role: 'admin' } });

export const TeamMemberParams = z.object({ tenantId: IdParam, userId: IdParam });
export const InvitationParams = z.object({ tenantId: IdParam, invitationId: IdParam });

export const TeamMember = z
  .object({ userId: Id, email: z.string().nullable(), name: z.string().nullable(), role: Role, joinedAt: Timestamp })
  .meta({
    id: 'TeamMember',
    example: {
      userId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      email: 'grace@example.com',
      name: 'Grace',
      role: 'staff',
      joinedAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type TeamMember = z.output<typeof TeamMember>;

export const Invitation = z
  .object({
    id: Id,
    tenantId: Id,
    email: z.string(),
    role: Role,
    status: z.literal('pending'),
    createdAt: Timestamp,
    expiresAt: Timestamp,
  })
  .meta({
    id: 'Invitation',
    example: {
      id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
      email: 'grace@example.com',
      role: 'staff',
      status: 'pending',
      createdAt: '2026-11-23T14:15:16.123Z',
      expiresAt: '2026-11-30T14:15:16.123Z',
    },
  });
export type Invitation = z.output<typeof Invitation>;
