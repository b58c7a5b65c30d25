import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp } from './common.ts';

/** `system` is the service itself: its command line and its jobs. */
export const auditActorTypes = ['user', 'apiKey', 'system'] as const;
export type AuditActorType = (typeof auditActorTypes)[number];

export const AuditQuery = PageQuery.extend({
  action: z.string().min(1).max(64).optional().meta({ description: 'Only this action', example: 'store.updated' }),
  actorId: IdParam.optional().meta({ description: 'Only what this user or API key did' }),
});

export const AuditEntry = z
  .object({
    id: Id,
    actor: z.object({ type: z.enum(auditActorTypes), id: Id.nullable() }),
    action: z.string().meta({ description: 'What happened, as noun.verb' }),
    target: z.object({ type: z.string(), id: z.string() }),
    before: z.record(z.string(), z.unknown()).nullable().meta({ description: 'The changed fields as they were' }),
    after: z.record(z.string(), z.unknown()).nullable().meta({ description: 'The changed fields as they are now' }),
    requestId: z.string(),
    ipAddress: z.string().nullable(),
    createdAt: Timestamp,
  })
  .meta({
    id: 'AuditEntry',
    example: {
      id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      actor: { type: 'user', id: '019ab3c4-6a11-7b02-8c3d-4e5f60718293' },
      action: 'store.updated',
      target: { type: 'store', id: '019ab3c4-7000-7b02-8c3d-4e5f60718293' },
      before: { name: 'Leith' },
      after: { name: 'Leith Walk' },
      requestId: 'b1946ac9-2f5e-4a7b-9c3d-5e6f70819203',
      ipAddress: '203.0.113.7',
      createdAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type AuditEntry = z.output<typeof AuditEntry>;
