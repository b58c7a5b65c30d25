import type { ProductRow } from '#db/queries/products.ts';
import type { Product } from '#schemas/products.ts';
import { presentImage } from '../storage/present-file.ts';

export function presentProduct(
  { priceAmount: amount, priceCurrency: currency, ...row }: ProductRow,
  { baseUrl }: { baseUrl: string },
): Product {
  const { id, tenantId, externalId, name, description, sku, pointsPrice, status, stock, type } = row;
  const { tierIds, imageKeys, metadata, version, createdAt, updatedAt } = row;
  const price = { amount, currency };
  const facts = { id, tenantId, externalId, name, description, sku, price, pointsPrice, status, stock, type };
  const images = imageKeys.map((key) => ({ key, ...presentImage(key, baseUrl) }));
  return { ...facts, tierIds, imageKeys, images, metadata, version, createdAt, updatedAt };
}
