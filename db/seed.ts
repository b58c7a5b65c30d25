import { runCommand } from '#src/command.ts';
import { loadEnvFile, readSettings } from '#src/config.ts';
import { createDeps } from '#src/deps.ts';
import { seedDemoData } from '#src/embedded/demo-data.ts';
import { startEmbedded } from '#src/embedded/start-embedded.ts';
import { createLogger } from '#src/logger.ts';
import { migrateDatabase } from './migrate.ts';

/** Demo data for a development database: what the first `npm start` does for the embedded one. */
await runCommand('The demo data is in place.', async () => {
  loadEnvFile();
  const settings = readSettings();
  if (settings.NODE_ENV === 'production') throw new Error('Demo data has public passwords: not in production.');
  const embedded = await startEmbedded(settings);
  const deps = createDeps(embedded.config, createLogger(settings));
  try {
    await migrateDatabase(embedded.config.DATABASE_URL);
    await seedDemoData(deps);
  } finally {
    await deps.close();
    await embedded.stop();
  }
});
