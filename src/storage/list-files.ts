import { listFilesOfOwner, listFiles as listRows } from '#db/queries/files.ts';
import type { Page } from '#schemas/envelope.ts';
import type { FilePurpose, StoredFile } from '#schemas/storage.ts';
import type { Ctx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { rolesIn } from '../payments/steps/roles-in.ts';
import { showFile } from './steps/show-file.ts';

type Input = {
  tenantId?: string | undefined;
  purpose?: FilePurpose | undefined;
  limit: number;
  cursor?: string | undefined;
};

/** The files of a brand for its staff; else the caller's own. Newest first. */
export async function listFiles(ctx: Ctx, { tenantId, purpose, limit, cursor }: Input): Promise<Page<StoredFile>> {
  const { actor, deps } = ctx;
  const key = deps.cursorKey;
  const brand = tenantId ?? (actor.type === 'apiKey' ? actor.tenantId : null);
  const owner = actor.type === 'user' ? actor.userId : null;
  if (brand !== null) {
    const can = await rolesIn(ctx, brand);
    if (!can('staff')) throw new AppError(NOT_FOUND);
  } else if (owner === null) throw new AppError(FORBIDDEN);
  const list = `files|${brand ?? owner}|${purpose ?? ''}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await (brand === null
    ? listFilesOfOwner(ctx.db, { ownerId: owner ?? '', purpose, page })
    : listRows(ctx.db, { tenantId: brand, purpose, page }));
  const found = pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: (row) => row });
  const items = await Promise.all(found.items.map((row) => showFile(ctx, row)));
  return { ...found, items };
}
