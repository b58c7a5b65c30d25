import { registerHooks } from 'node:module';

/*
 * Loaded by `node --import` before anything else; without it all works the same, only fatter and slower to start.
 * Drizzle's ES modules import each other in circles, which costs Node's loader 230 MB and several hundred milliseconds.
 * Its CommonJS build is the same code and costs neither.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const isDrizzle = specifier === 'drizzle-orm' || specifier.startsWith('drizzle-orm/');
    return nextResolve(specifier, isDrizzle ? { ...context, conditions: ['node', 'require', 'default'] } : context);
  },
});
