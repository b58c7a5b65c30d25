import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTenantStatus } from '#db/queries/tenants.ts';
import { newId } from '#src/lib/ids.ts';
import { checkInvariants } from '../support/invariants.ts';
