import type { Ctx } from '../context.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';
import { isOwnName } from './rules.ts';

/** The hash of a new password, or a field error when it is one of those that everybody tries first. */
export async function choosePassword(
  ctx: Ctx,
  { password, email, field }: { password: string; email: string; field: string },
): Promise<string> {
  if (await ctx.deps.passwords.isCommon(password)) throw weak(field, 'is among the most common passwords');
  if (isOwnName(password, email)) throw weak(field, 'must not be your e-mail address');
  return ctx.deps.passwords.hash(password);
}

function weak(field: string, message: string): AppError {
  return new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', field, message }] });
}
