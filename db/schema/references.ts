import { id } from './columns.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

export const tenantId = () =>
  id()
    .notNull()
    .references(() => tenants.id);

export const person = () =>
  id()
    .notNull()
    .references(() => users.id);
