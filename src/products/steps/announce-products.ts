import type { Db } from '#db/client.ts';
import type { ProductRow } from '#db/queries/products.ts';
import { recordEvent } from '../../events/record-event.ts';
import { presentProduct } from '../present-product.ts';

/** Writes products as they are now into the outbox: their stock has moved. The caller has changed them in this transaction. */
export async function announceProducts(
  tx: Db,
  { rows, baseUrl }: { rows: readonly ProductRow[]; baseUrl: string },
): Promise<void> {
  // Sent at once: none waits for the answer to the one before.
  await Promise.all(
    rows.map((row) => {
      const { tenantId, id: objectId, updatedAt: now } = row;
      return recordEvent(tx, {
        tenantId,
        type: 'product.updated',
        objectId,
        data: presentProduct(row, { baseUrl }),
        now,
      });
    }),
  );
}
