import { type FileRow, findFile } from '#db/queries/files.ts';
import type { TenantRole } from '#schemas/team.ts';
import type { Ctx } from '../../context.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';
import { rolesIn } from '../../payments/steps/roles-in.ts';
import { parseKey } from '../rules.ts';

export type VisibleFile = { file: FileRow; isOwner: boolean; can: (role: TenantRole) => boolean };

/** The file of a key for its owner and the brand's staff, a public one for everybody; for all others there is none. */
export async function findVisibleFile(ctx: Pick<Ctx, 'db' | 'actor'>, key: string): Promise<VisibleFile> {
  const named = parseKey(key);
  const file = named ? await findFile(ctx.db, named) : undefined;
  if (!file || file.key !== key || file.status === 'deleting') throw new AppError(NOT_FOUND);
  const isOwner = ctx.actor.type === 'user' && ctx.actor.userId === file.ownerId;
  const can = await rolesIn(ctx, file.tenantId);
  const isPublic = file.visibility === 'public' && file.status === 'ready';
  if (!isOwner && !isPublic && !can('staff')) throw new AppError(NOT_FOUND);
  return { file, isOwner, can };
}
