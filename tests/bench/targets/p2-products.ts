import { POOL_SIZE } from '../bench.ts';
import { compareReads, requireSameData } from '../compare.ts';
import { fillCredentials } from '../credentials.ts';
import { fillCustomers } from '../customers.ts';
import { getRequest } from '../load.ts';
import type { Target } from '../measurements.ts';

const STATEMENT = `select tenant_id, id, external_id, name, description, sku, price_amount, price_currency, status, stock, type,
  tier_ids, image_keys, metadata, version, created_at, updated_at from products where tenant_id = $1 and status = 'active'
  and (created_at, id) > ('1970-01-01', '00000000-0000-0000-0000-000000000000') order by created_at, id limit 21`;

export const products: Target = {
  id: 'P2',
  title: 'GET /tenants/:tenantId/products',
  target: '>= 0.8 x the bare read of 20 rows of 10,000',
  run: async (bench) => {
    await fillCredentials(bench);
    const { catalogue } = await fillCustomers(bench.databaseUrl);
    const ours = await bench.startService();
    const { databaseUrl } = bench;
    const baseline = await bench.startBaseline('products', { databaseUrl, poolSize: POOL_SIZE, statement: STATEMENT });
    const path = `/api/v1/tenants/${catalogue}/products`;
    const read = ({ port }: { port: number }) => fetch(`http://127.0.0.1:${port}${path}`);
    await requireSameData(await read(ours), await read(baseline));
    const requests = [getRequest(path)];
    const reads = { servers: { ours, baseline }, requests: { ours: requests, baseline: requests } };
    const measurements = await compareReads(bench, { what: 'the first page', atLeast: 0.8, ...reads });
    await Promise.all([ours.stop(), baseline.stop()]);
    return measurements;
  },
};
