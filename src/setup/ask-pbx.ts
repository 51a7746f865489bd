import type { Pbx, Sip } from './answers.ts';
import type { Ask } from './ask.ts';
import { hostAndPort, wantsHost, wantsHostPort, wantsText, wantsUrl } from './wants.ts';

/** Where lines register, and who knows where phones are. */
export async function askPbx(ask: Ask, rare: Ask): Promise<{ sip: Sip; pbx: Pbx }> {
  const { host, port } = hostAndPort(
    await ask.text({ flag: 'pbx', message: 'Host of the PBX, where phones register', fault: wantsHostPort }),
  );
  const transport = await rare.choice({
    flag: 'transport',
    message: 'How SIP travels to it',
    initial: 'udp',
    choices: [
      { value: 'udp', label: 'UDP' },
      { value: 'tcp', label: 'TCP' },
      { value: 'tls', label: 'TLS' },
    ],
  });
  const sip: Sip = { server: host, ...(port !== undefined && { port: Number(port) }), transport };
  return { sip, pbx: await askRegistry(ask, host) };
}

async function askRegistry(ask: Ask, host: string): Promise<Pbx> {
  const kind = await ask.choice({
    flag: 'pbx-kind',
    message: 'What it is: offhook can ask it where phones are registered, so that NOTIFYs find them',
    initial: 'none',
    choices: [
      { value: 'none', label: 'Another one, or do not ask it', hint: 'phones are found where they last fetched from' },
      { value: 'asterisk', label: 'Asterisk', hint: 'by its manager interface' },
      { value: 'kamailio', label: 'Kamailio', hint: 'by JSON-RPC' },
      { value: 'freeswitch', label: 'FreeSWITCH', hint: 'by its event socket' },
    ],
  });
  if (kind === 'none') return { kind };
  if (kind === 'kamailio') {
    const example = `http://${host.includes(':') ? `[${host}]` : host}:8090/RPC`;
    const fault = wantsUrl(['http', 'https'], 'http://192.168.1.11:8090/RPC');
    return {
      kind,
      url: await ask.text({ flag: 'pbx-url', message: 'Where it answers JSON-RPC', initial: example, fault }),
    };
  }
  const of = { flag: 'pbx-host', message: 'Host to ask', initial: host, fault: wantsHost };
  const asked = await ask.text(of);
  const secret = (message: string) => ask.secret({ flag: 'pbx-password-file', message, fault: wantsText });
  if (kind === 'freeswitch') return { kind, host: asked, password: await secret('Password of its event socket') };
  const user = await ask.text({
    flag: 'pbx-user',
    message: 'User of the manager interface',
    initial: 'offhook',
    fault: wantsText,
  });
  return { kind, host: asked, user, password: await secret(`Password of ${user}`) };
}
