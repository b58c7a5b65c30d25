import { z } from 'zod';

const Check = z.object({
  status: z.enum(['up', 'down', 'pending']),
  latencyMs: z.number().optional().meta({ description: 'Milliseconds that the check took' }),
  reason: z.string().optional().meta({ description: 'What is wrong, in a word', example: 'migrations_pending' }),
});

export const Health = z
  .object({ status: z.literal('ok'), version: z.string(), uptimeSeconds: z.number() })
  .meta({ id: 'Health', example: { status: 'ok', version: '0.1.0', uptimeSeconds: 12.3 } });

export const Readiness = z
  .object({
    status: z.literal('ready'),
    checks: z.object({ database: Check, storage: Check, migrations: Check }),
  })
  .meta({
    id: 'Readiness',
    example: {
      status: 'ready',
      checks: {
        database: { status: 'up', latencyMs: 0.8 },
        storage: { status: 'up', latencyMs: 0.2 },
        migrations: { status: 'up' },
      },
    },
  });
export type Checks = z.input<typeof Readiness>['checks'];
