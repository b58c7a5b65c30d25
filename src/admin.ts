import { parseArgs } from 'node:util';
import { migrateDatabase } from '#db/migrate.ts';
import { COMMANDS, systemCtx } from './admin-commands.ts';
import { loadEnvFile, readSettings } from './config.ts';
import { createDeps } from './deps.ts';
import { joinEmbedded } from './embedded/start-embedded.ts';
import { AppError } from './lib/errors.ts';
import { createLogger } from './logger.ts';

const FAILED = 1;
const MISUSED = 2;

const rows = Object.entries(COMMANDS).map(([name, { args, help }]) => {
  const call = [name, ...args.map((arg) => `<${arg}>`)].join(' ');
  return `  ${call.padEnd(32)}${help}`;
});
const HELP = `Usage: npm run admin -- <command> [options]

${rows.join('\n')}

A tenant is given by its id or its subdomain. Works on DATABASE_URL, or on the embedded database of DATA_DIR, also
while the service runs. Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const given = readArguments(argv);
  if (given === 'help') return say(HELP, 0);
  if (given === null) return say(HELP, MISUSED);
  try {
    loadEnvFile();
    const settings = readSettings();
    const embedded = await joinEmbedded(settings);
    if (embedded.ownsDatabase) await migrateDatabase(embedded.config.DATABASE_URL);
    const deps = createDeps(embedded.config, createLogger({ LOG_LEVEL: 'silent' }));
    try {
      return say(`${await given.command.run(systemCtx(deps), given.args, given.options)}\n`, 0);
    } finally {
      await deps.close();
      await embedded.stop();
    }
  } catch (error) {
    return say(`${reasonOf(error)}\n`, FAILED);
  }
}

function readArguments(argv: string[]) {
  try {
    const options = {
      name: { type: 'string' },
      reason: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
    const [name = 'help', ...args] = positionals;
    if (values.help || name === 'help') return 'help';
    const command = COMMANDS[name];
    return command && args.length === command.args.length ? { command, args, options: values } : null;
  } catch {
    return null;
  }
}

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}

// The message of a driver's error can carry parameters: only its code is told.
function reasonOf(error: unknown): string {
  if (error instanceof AppError || !(error instanceof Error)) return String((error as Error)?.message ?? error);
  const { code } = (error.cause ?? error) as { code?: string };
  return code ? `The database refused (${code}).` : error.message;
}
