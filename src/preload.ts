import { registerHooks } from 'node:module';

/*
 * Loaded by `node --import` before anything else; without it all works the same, only fatter and slower to start.
 * For each ES module Node parses the `exports` of its package.json anew, and Drizzle's is 150 KB long for 104 modules:
 * 230 MB and several hundred milliseconds. Its CommonJS build is the same code and costs neither.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const isDrizzle = specifier === 'drizzle-orm' || specifier.startsWith('drizzle-orm/');
    return nextResolve(specifier, isDrizzle ? { ...context, conditions: ['node', 'require', 'default'] } : context);
  },
});
