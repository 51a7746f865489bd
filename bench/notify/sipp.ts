import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What offhook sends to a device, as a scenario of sipp. */
const scenario = `<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="tells phones to fetch">
  <send retrans="500"><![CDATA[
NOTIFY sip:[field0]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
From: <sip:offhook@[local_ip]>;tag=[call_number]
To: <sip:[field0]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 NOTIFY
Contact: <sip:offhook@[local_ip]:[local_port]>
Event: check-sync;reboot=false
Subscription-State: terminated
User-Agent: sipp
Content-Length: 0

]]></send>
  <recv response="200"></recv>
</scenario>
`;

export interface SippOptions {
  readonly tmp: string;
  readonly count: number;
  /** Calls that it is asked to begin in a second. */
  readonly perSecond: number;
}

/** Sends so many NOTIFYs to the phones, as fast as it is asked to and can; resolves when all are answered. */
export async function sendBySipp({ tmp, count, perSecond }: SippOptions): Promise<void> {
  const file = join(tmp, 'tells.xml');
  const users = join(tmp, 'users.csv');
  writeFileSync(file, scenario);
  writeFileSync(users, ['SEQUENTIAL', ...Array.from({ length: count }, (_, index) => 100_000 + index), ''].join('\n'));
  const calls = ['-m', `${count}`, '-l', `${count}`, '-r', `${perSecond}`, '-rp', '1000'];
  const network = ['-i', '127.0.0.1', '-p', '5080', '-t', 'u1', '-buff_size', `${64 << 20}`];
  const args = ['127.16.0.1:5060', '-sf', file, '-inf', users, ...calls, ...network, '-nostdin', '-timeout', '60s'];
  const child = spawn('sipp', args, { cwd: tmp, stdio: 'ignore' });
  const [status] = await once(child, 'close');
  // 1: a call failed; 97: it was told to stop; what came of it the phones know.
  if (status !== 0 && status !== 1) throw new Error(`sipp ended with ${status}`);
}
