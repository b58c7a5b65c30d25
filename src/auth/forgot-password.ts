import { type Ctx, withTx } from '../context.ts';

/** Asks for a mail with a reset token. Known and unknown addresses are one answer after the same work: the job looks. */
export async function forgotPassword(ctx: Ctx, { email }: { email: string }): Promise<{ accepted: true }> {
  await withTx(ctx, (tx) =>
    ctx.deps.jobs.enqueue(tx, 'mail', { kind: 'reset_password', email }, { once: `reset ${email}` }),
  );
  return { accepted: true };
}
