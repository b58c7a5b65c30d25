import { createAccount, findAccount, ownAccount } from './accounts.ts';
import { createPrice, createProduct, deleteProduct, updatePrice, updateProduct } from './catalog.ts';
import { createCustomer, deleteCustomer, updateCustomer } from './customers.ts';
import { listing, type Route, retrieval, route } from './routing.ts';
import { load } from './session.ts';

export const catalogRoutes: readonly Route[] = [
  route('GET /v1/account', ({ session }) => ownAccount(session)),
  route('POST /v1/accounts', ({ session, params }) => createAccount(session, params)),
  route('GET /v1/accounts', listing('accounts')),
  route('GET /v1/accounts/:id', ({ session, id }) => findAccount(session, id)),
  route('POST /v1/customers', ({ session, params }) => createCustomer(session, params)),
  route('GET /v1/customers', listing('customers', ['email'])),
  route('GET /v1/customers/:id', retrieval('customers')),
  route('POST /v1/customers/:id', ({ session, id, params }) =>
    updateCustomer(session, { before: load(session, 'customers', id), params }),
  ),
  route('DELETE /v1/customers/:id', ({ session, id }) => deleteCustomer(session, load(session, 'customers', id))),
  route('POST /v1/products', ({ session, params }) => createProduct(session, params)),
  route('GET /v1/products', listing('products', ['active'])),
  route('GET /v1/products/:id', retrieval('products')),
  route('POST /v1/products/:id', ({ session, id, params }) =>
    updateProduct(session, { before: load(session, 'products', id), params }),
  ),
  route('DELETE /v1/products/:id', ({ session, id }) => deleteProduct(session, load(session, 'products', id))),
  route('POST /v1/prices', ({ session, params }) => createPrice(session, params)),
  route('GET /v1/prices', listing('prices', ['active', 'currency', 'product', 'type'])),
  route('GET /v1/prices/:id', retrieval('prices')),
  route('POST /v1/prices/:id', ({ session, id, params }) =>
    updatePrice(session, { before: load(session, 'prices', id), params }),
  ),
];
