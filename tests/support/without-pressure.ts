import { LIMITS } from '#src/config.ts';

// Import it before the application is built. A walk of thousands of calls shares its event loop with the application and
// with whatever else the machine does: the 503 of a late loop says nothing about the calls. tests/faults/ look at that.
Object.assign(LIMITS, { maxEventLoopDelay: 0 });
