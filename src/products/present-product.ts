import type { ProductRow } from '#db/queries/products.ts';
import type { Product } from '#schemas/products.ts';

export function presentProduct({ priceAmount: amount, priceCurrency: currency, ...row }: ProductRow): Product {
  const { id, tenantId, externalId, name, description, sku, status, stock, type } = row;
  const { tierIds, imageKeys, metadata, version, createdAt, updatedAt } = row;
  const facts = { id, tenantId, externalId, name, description, sku, price: { amount, currency }, status, stock, type };
  return { ...facts, tierIds, imageKeys, metadata, version, createdAt, updatedAt };
}
