import type { NewWebhookEndpoint } from '#schemas/webhooks.ts';
import { type Ctx, withTx } from '../context.ts';
import { sealText } from '../lib/sealed-text.ts';
import { newSigningSecret } from '../lib/signing-secret.ts';
import { addSeconds } from '../lib/time.ts';
import { changeEndpoint } from './change-endpoint.ts';
import { SECRET_OVERLAP_SECONDS } from './rules.ts';

/** A new secret; for a day messages are signed with the one before it, too. */
export async function rotateWebhookSecret(
  ctx: Ctx,
  { tenantId, endpointId }: { tenantId: string; endpointId: string },
): Promise<NewWebhookEndpoint> {
  const now = ctx.clock.now();
  const secret = newSigningSecret();
  const sealed = sealText(ctx.deps.webhookKey, { text: secret, owner: endpointId });
  const endpoint = await withTx(ctx, (tx) =>
    changeEndpoint(ctx, { db: tx, tenantId, endpointId, action: 'webhookEndpoint.rotated', now }, (row) => ({
      secret: sealed,
      previousSecret: row.secret,
      previousSecretUntil: addSeconds(now, SECRET_OVERLAP_SECONDS),
    })),
  );
  return { endpoint, secret };
}
