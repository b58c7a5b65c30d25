import type { Db } from '#db/client.ts';
import {
  findProductByExternalIdForUpdate,
  findProductForUpdate,
  insertProduct,
  type ProductChange,
  type ProductRow,
  searchWords,
  updateProduct,
} from '#db/queries/products.ts';
import { listTierIds } from '#db/queries/tiers.ts';
import type { Product, SaveProductBody } from '#schemas/products.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { recordEvent } from '../events/record-event.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { useFiles } from '../storage/steps/use-files.ts';
import { EXTERNAL_ID_TAKEN, PRECONDITION_FAILED, SKU_TAKEN } from './errors.ts';
import { presentProduct } from './present-product.ts';
import { etagOf, isMatch, wordsOf } from './rules.ts';

type Input = { tenantId: string; body: SaveProductBody; ifMatch?: string | undefined };
export type SavedProduct = { product: Product; etag: string; isNew: boolean };

const DEFAULTS = {
  externalId: null,
  description: null,
  sku: null,
  stock: null,
  pointsPrice: null,
  tierIds: [],
  imageKeys: [],
  metadata: {},
};

/** Makes a product, or changes the one that `id` or `externalId` names; what is not given stays as it was. */
export async function saveProduct(ctx: Ctx, input: Input): Promise<SavedProduct> {
  try {
    return await saveOnce(ctx, input);
  } catch (error) {
    // Somebody made it at this very moment: now it is there, and is changed.
    if (isMadeMeanwhile(error)) return saveOnce(ctx, input).catch(refuseTakenKeys);
    return refuseTakenKeys(error);
  }
}

function isMadeMeanwhile(error: unknown): boolean {
  return isUniqueViolation(error, 'products_external_id_key') || isUniqueViolation(error, 'products_tenant_id_id_pk');
}

function refuseTakenKeys(error: unknown): never {
  if (isUniqueViolation(error, 'products_sku_key')) throw new AppError(SKU_TAKEN);
  if (isUniqueViolation(error, 'products_external_id_key')) throw new AppError(EXTERNAL_ID_TAKEN);
  throw error;
}

function saveOnce(ctx: Ctx, { tenantId, body, ifMatch }: Input): Promise<SavedProduct> {
  const now = ctx.clock.now();
  const { id, price, ...fields } = body;
  const change = withoutUndefined({ ...fields, priceAmount: price.amount, priceCurrency: price.currency });
  return withTx(ctx, async (tx) => {
    await requireTiers(tx, { tenantId, tierIds: body.tierIds ?? [] });
    const old = await findNamed(tx, { tenantId, id, externalId: body.externalId });
    if (!isMatch(ifMatch, old)) throw new AppError(PRECONDITION_FAILED);
    if (old && isSame(old, change)) return { product: presentProduct(old, ctx), etag: etagOf(old), isNew: false };
    const row = old
      ? await updateProduct(tx, { tenantId, productId: old.id, change: withWords(tenantId, change, old), now })
      : await insertProduct(tx, newProduct({ tenantId, id, change: withWords(tenantId, change), now }));
    if (!row) throw new AppError(NOT_FOUND);
    const [before, after] = [old ? presentProduct(old, ctx) : null, presentProduct(row, ctx)];
    if (body.imageKeys) await showImages(tx, { tenantId, productId: row.id, keys: body.imageKeys });
    const verb = old ? 'updated' : 'created';
    const target = { type: 'product', id: row.id };
    await recordChange(ctx, { db: tx, tenantId, action: `product.${verb}`, target, before, after, now });
    await recordEvent(tx, { tenantId, type: `product.${verb}`, objectId: row.id, data: after, now });
    return { product: after, etag: etagOf(row), isNew: !old };
  });
}

type Images = { tenantId: string; productId: string; keys: string[] };

function showImages(tx: Db, { tenantId, productId, keys }: Images): Promise<void> {
  const field = (index: number) => `imageKeys.${index}`;
  return useFiles(tx, { tenantId, usedBy: 'product', usedById: productId, keys, purpose: 'product', field });
}

type Named = { tenantId: string; id: string | undefined; externalId: string | undefined };

async function findNamed(tx: Db, { tenantId, id, externalId }: Named): Promise<ProductRow | undefined> {
  const byId = id && (await findProductForUpdate(tx, { tenantId, productId: id }));
  return byId || (externalId && !id ? findProductByExternalIdForUpdate(tx, { tenantId, externalId }) : undefined);
}

async function requireTiers(tx: Db, { tenantId, tierIds }: { tenantId: string; tierIds: string[] }): Promise<void> {
  if (tierIds.length === 0) return;
  const known = await listTierIds(tx, { tenantId, tierIds });
  const errors = tierIds.flatMap((tierId, index) =>
    known.includes(tierId)
      ? []
      : [{ location: 'body', field: `tierIds.${index}`, message: 'is no tier of this brand' }],
  );
  if (errors.length > 0) throw new AppError(VALIDATION_ERROR, { errors });
}

type NewProduct = { tenantId: string; id: string | undefined; change: ProductChange; now: Date };

function newProduct({ tenantId, id = newId(), change, now }: NewProduct): Omit<ProductRow, 'version'> {
  const fresh = { ...DEFAULTS, status: 'draft' as const, type: 'physical' as const };
  return { ...fresh, ...(change as ProductRow), tenantId, id, createdAt: now, updatedAt: now };
}

/** A sync that says what is there already is no change: no version, no event. */
function isSame(old: ProductRow, change: ProductChange): boolean {
  const fields = Object.entries(change) as [keyof ProductRow, unknown][];
  return fields.every(([name, value]) => canonicalJson(old[name]) === canonicalJson(value));
}

/** What the product is found by, after the change. */
function withWords(tenantId: string, change: ProductChange, old?: ProductRow): ProductChange {
  const { name, sku, description } = { ...old, ...change };
  return { ...change, words: searchWords(tenantId, wordsOf([name, sku, description].join(' '))) };
}

function withoutUndefined<Fields extends object>(fields: Fields): ProductChange {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
