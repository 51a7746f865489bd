/** A daemon that dies: it spools facts, and is killed before the journal has them. `node spool-child.ts FOLDER SINCE` */
import { openSpool, spoolFolder, spoolLine } from '../../src/spool.ts';
import { ada, bob, fetchOf, notifyOf } from './facts.ts';

const [folder = '', since = ''] = process.argv.slice(2);
const spool = openSpool({ folder: spoolFolder(folder), name: 'main' });
const whole = { file: '001565123456.cfg', device: ada, revision: '7' };
for (let at = 2000; at < 2010; at++) spool.append(spoolLine('fetches', fetchOf({ at, ...whole }), Number(since)));
spool.append(spoolLine('notifies', notifyOf({ at: 2000, device: bob })));
process.kill(process.pid, 'SIGKILL');
