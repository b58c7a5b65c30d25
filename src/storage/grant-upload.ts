import type { GrantedUpload, GrantUploadBody } from '#schemas/storage.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';
import { plainType } from '../lib/media-types.ts';
import { addSeconds } from '../lib/time.ts';
import { FILE_TOO_LARGE, FILE_TYPE_REFUSED } from './errors.ts';
import { GRANT_SECONDS, incomingName, isAllowedType, PENDING_SECONDS, ruleOf } from './rules.ts';
import { chooseVisibility } from './steps/choose-visibility.ts';
import { expectFile } from './steps/expect-file.ts';
import { findSpace } from './steps/find-space.ts';

type Input = { body: GrantUploadBody; inHeader: string | undefined };

/** Lets the caller send one file directly to where it is kept: just as announced, and only for a while. */
export async function grantUpload(ctx: Ctx, { body, inHeader }: Input): Promise<GrantedUpload> {
  const { purpose, filename: name, size } = body;
  const { maxBytes } = ruleOf(purpose);
  const visibility = chooseVisibility(body);
  if (size > maxBytes) throw new AppError(FILE_TOO_LARGE, { maxBytes });
  if (!isAllowedType(purpose, body.contentType)) throw new AppError(FILE_TYPE_REFUSED, { reason: 'TYPE_NOT_ALLOWED' });
  if (size === 0 && purpose !== 'document') {
    throw new AppError(VALIDATION_ERROR, {
      errors: [{ location: 'body', field: 'size', message: 'must be at least 1' }],
    });
  }
  const space = await findSpace(ctx, { tenantId: body.tenantId, inHeader, purpose });
  const now = ctx.clock.now();
  const expiresAt = addSeconds(now, GRANT_SECONDS);
  const contentType = plainType(body.contentType);
  const { key } = await withTx(ctx, (tx) =>
    expectFile(tx, {
      ...{ space, purpose, visibility, name, contentType, size, now },
      ...{ status: 'pending', expiresAt: addSeconds(expiresAt, PENDING_SECONDS) },
    }),
  );
  const grant = { name: incomingName(key), contentType, size, expiresAt, now, baseUrl: ctx.baseUrl };
  return { key, ...(await ctx.deps.storage.grantUpload(grant)), expiresAt };
}
