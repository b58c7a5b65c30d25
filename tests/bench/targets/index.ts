import type { Target } from '../measurements.ts';
import { publicTenant } from './p1-public-tenant.ts';
import { authentication } from './p3-authentication.ts';
import { login } from './p5-login.ts';
import { start } from './p8-start.ts';
import { memory } from './p10-memory.ts';

/** In the order in which they run and are printed. */
export const TARGETS: readonly Target[] = [publicTenant, authentication, login, start, memory];
