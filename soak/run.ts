import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { lineOf, soak } from './soak.ts';

// npm run soak -- --minutes 10 --seed 1

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [minutes, seed] = [Number(options.minutes), Number(options.seed)];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error('wanted --minutes N and --seed N, both numbers');
// Also what was started goes: see `launch`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

console.log(`${minutes} minutes, seed ${seed}, ${cpus().length} cores, Node ${process.versions.node}`);
const { outcomes, tables } = await soak({ minutes, seed, say: console.log });
console.log(`\nIn all, with seed ${seed}:\n`);
for (const outcome of outcomes) console.log(lineOf(outcome));
for (const table of tables) console.log(`\n${table}`);
process.exit(outcomes.some(({ violations }) => violations.length > 0) ? 1 : 0);
