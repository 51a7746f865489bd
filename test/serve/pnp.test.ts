import { createSocket } from 'node:dgram';
import { describe, expect, onTestFinished, test } from 'vitest';
import { headerOf } from '../../src/sip/message.ts';
import { type Phone, plugIn, subscribes } from '../pnp/phone.ts';
import { type RunningDaemon, startDaemon } from '../support/daemon.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

/** A UDP port that nobody has, for a daemon to be told in devices.yml. */
function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = createSocket('udp4').bind(0, () => {
    const { port } = socket.address();
    socket.close(() => resolve(port));
  });
  return promise;
}

const [first, second, stranger] = [macOf(1), macOf(2), '0200000000ff'];
const soon = { sip: { t1: 20, t2: 40, t4: 50 } };

interface Place {
  readonly project: Project;
  readonly daemon: RunningDaemon;
  readonly port: number;
}

/** Phones that fetched nowhere yet; NOTIFYs of a change go nowhere. */
async function start(sections = '', files = {}): Promise<Place> {
  const port = await freePort();
  const pnp = `pnp: { interfaces: [lo], port: ${port} }`;
  const project = createProject(siteOf([{ port: 5060 }, { port: 5060 }], [pnp, sections].join('\n')), files);
  const daemon = await startDaemon(project, { timing: soon });
  return { project, daemon, port };
}

const asking = ({ daemon }: Place) => daemon.fetches().filter(({ protocol }) => protocol === 'pnp');
const asked = (place: Place, count = 1) =>
  until('a SUBSCRIBE in the journal', () => asking(place).length >= count && asking(place));
const is200 = ({ answers }: Phone) => until('an answer', () => answers.length > 0 && answers[0]?.status === 200);

/** As phones do: it asks again while nothing comes, since a datagram may be lost. */
const toldAtLast = (phone: Phone) =>
  until('a NOTIFY', () => {
    phone.ask(subscribes.escapedColon(first, `call${performance.now()}`));
    return phone.told.length > 0;
  });

describe('a phone fresh from its box', () => {
  test.each(Object.entries(subscribes))('is told where its files are, as phones ask: %s', async (_, write) => {
    const place = await start();
    const phone = await plugIn(place);
    phone.ask(write(first));
    expect(await phone.toldUrl()).toBe('http://192.0.2.1:8080/');
    await is200(phone);
    const [notify] = phone.told;
    expect(headerOf(notify!, 'Content-Type')).toBe('application/url');
    expect(headerOf(notify!, 'Call-ID')).toBe(headerOf(phone.answers[0]!, 'Call-ID'));
    expect(headerOf(notify!, 'From')).toBe(headerOf(phone.answers[0]!, 'To'));
    const [fact] = await asked(place);
    expect(fact).toMatchObject({
      device: first,
      method: 'SUBSCRIBE',
      status: 200,
      complete: true,
      address: '127.0.0.1',
    });
    expect(place.daemon.log.join('')).toMatch(/fetch device=02:00:00:00:00:01 protocol=pnp/);
  });

  test('is told what its vendor.yml says, and it fetches by that', async () => {
    const place = await start();
    const { project, daemon } = place;
    const vendor = 'templates/acme/vendor.yml';
    await daemon.after(
      () =>
        project.write(
          vendor,
          `${project.read(vendor)}pnp: { url: "{url}/{MAC}.cfg?m={model}", content_type: text/uri }\n`,
        ),
      /build accepted/,
    );
    const phone = await plugIn(place);
    phone.ask(subscribes.escapedColon(first));
    const url = new URL(await phone.toldUrl());
    expect(url.href).toBe(`http://192.0.2.1:8080/${first.toUpperCase()}.cfg?m=a1`);
    expect(headerOf(phone.told[0]!, 'Content-Type')).toBe('text/uri');
    expect((await daemon.get(url.pathname)).text).toBe(project.outText(`${first}.cfg`));
  });

  test('that is in no devices.yml is written down, and gets no answer', async () => {
    const place = await start();
    const phone = await plugIn(place);
    phone.ask(subscribes.escapedColon(stranger));
    phone.ask(subscribes.escapedColon(stranger));
    phone.ask(subscribes.escapedColon(first, 'later'));
    await phone.toldUrl();
    const [fact] = await asked(place, 2);
    expect(fact).toMatchObject({
      device: stranger,
      complete: true,
      status: 404,
      model: 'a1',
      firmware: '1.2.3',
      user_agent: 'Acme a1 1.2.3',
    });
    expect(asking(place).filter(({ device }) => device === stranger)).toHaveLength(1);
    expect(phone.answers.every((answer) => headerOf(answer, 'Call-ID') === 'later@127.0.0.1')).toBe(true);
  });

  test('that sends its request again gets the same answer again, and is told once', async () => {
    const place = await start();
    const phone = await plugIn(place);
    for (let round = 0; round < 3; round++) phone.ask(subscribes.escapedColon(first));
    await until('three answers', () => phone.answers.length >= 3);
    expect(new Set(phone.answers.map((answer) => headerOf(answer, 'To'))).size).toBe(1);
    await phone.toldUrl();
    await asked(place);
    expect(phone.told).toHaveLength(1);
  });

  test('that loses the NOTIFY gets it again', async () => {
    const place = await start();
    const phone = await plugIn({ ...place, answer: (count) => (count < 3 ? undefined : 200) });
    phone.ask(subscribes.escapedColon(first));
    await phone.toldUrl(3);
    const [fact] = await asked(place);
    expect(fact).toMatchObject({ complete: true });
    expect(new Set(phone.told.map((notify) => headerOf(notify, 'Via'))).size).toBe(1);
  });

  test.each([
    ['never answers the NOTIFY', undefined, /no answer/],
    ['refuses the NOTIFY', 481, /481/],
  ])('that %s is written down as that, and may ask again', async (_, status, reason) => {
    const place = await start();
    const phone = await plugIn({ ...place, answer: () => status });
    phone.ask(subscribes.escapedColon(first));
    const [fact] = await asked(place);
    expect(fact).toMatchObject({ status: 200, complete: false });
    expect(fact?.reason).toMatch(reason);
    const before = phone.told.length;
    phone.ask(subscribes.escapedColon(first, 'again'));
    await phone.toldUrl(before + 1);
  });
});

describe('what access says', () => {
  const tokens = (words: string) => `access: { ${words} }`;

  test('goes into the URL as the bootstrap token, until the device came by its own, and nowhere else', async () => {
    const place = await start(tokens('token: the-own-token-0001, bootstrap_token: the-bootstrap-0001'), {
      'templates/acme/first.njk': 'url = {{ server.url }}\n',
    });
    const { project, daemon } = place;
    project.edit(
      'templates/acme/vendor.yml',
      'files:',
      'bootstrap: [{ name: "{mac}.cfg", template: first.njk }]\nfiles:',
    );
    await daemon.said(/build accepted/);
    const phone = await plugIn(place);
    phone.ask(subscribes.escapedColon(first));
    expect(await phone.toldUrl()).toBe('http://192.0.2.1:8080/t/the-bootstrap-0001/');
    const bootstrap = await daemon.get(`/t/the-bootstrap-0001/${first}.cfg`);
    const { pathname } = new URL(/url = (\S+)/.exec(bootstrap.text)?.[1] ?? '');
    expect((await daemon.get(`${pathname}/${first}.cfg`)).status).toBe(200);
    phone.ask(subscribes.escapedColon(first, 'spent'));
    const facts = await until('a refusal', () => asking(place).find(({ refusal }) => refusal === 'spent'));
    expect(facts).toMatchObject({ status: 403 });
    expect(phone.told).toHaveLength(1);
    expect(daemon.log.join('')).not.toMatch(/the-own-token|the-bootstrap/);
    expect(JSON.stringify(daemon.fetches())).not.toMatch(/the-own-token|the-bootstrap/);
  });

  test.each([
    ['a device’s own token is told to nobody', 'token: the-own-token-0001', 'token'],
    ['a phone outside the networks is told nothing', 'networks: [10.0.0.0/8]', 'network'],
  ])('%s', async (_, words, refusal) => {
    const place = await start(tokens(words));
    const phone = await plugIn(place);
    phone.ask(subscribes.escapedColon(first));
    const [fact] = await asked(place);
    expect(fact).toMatchObject({ device: first, status: 403, refusal });
    expect(phone.answers).toEqual([]);
  });
});

describe('listening', () => {
  test('is off, begins, moves and ends with devices.yml', async () => {
    const [one, other] = [await freePort(), await freePort()];
    const project = createProject(siteOf([{ port: 5060 }, { port: 5060 }]));
    const daemon = await startDaemon(project, { timing: soon });
    const put = (line: string, what: RegExp) =>
      daemon.after(() => project.edit('devices.yml', /^sip:/m, `${line}\nsip:`), what);
    const replace = (line: string, what: RegExp) =>
      daemon.after(() => project.edit('devices.yml', /^pnp:.*$/m, line), what);
    await put(`pnp: { interfaces: [lo], port: ${one} }`, /listening for phones/);
    const phone = await plugIn({ port: one });
    phone.ask(subscribes.escapedColon(first));
    await phone.toldUrl();
    await replace(`pnp: { interfaces: [lo], port: ${other} }`, new RegExp(`listening for phones.*port=${other}`));
    const moved = await plugIn({ port: other });
    moved.ask(subscribes.escapedColon(second));
    await moved.toldUrl();
    await replace('pnp: off', /build accepted/);
    const taken = createSocket('udp4');
    onTestFinished(() => void taken.close());
    // Exclusively: the daemon does not have it any more.
    await new Promise<void>((done, fail) => taken.once('error', fail).bind({ port: other, exclusive: true }, done));
  });

  test('goes on after datagrams that are no request, however many, and says so once', async () => {
    const place = await start();
    const phone = await plugIn(place);
    for (let index = 0; index < 300; index++) phone.ask([index % 2 ? 'nonsense' : 'SUBSCRIBE sip:x SIP/2.0']);
    phone.ask(subscribes.escapedColon(first).map((line) => line.replace('ua-profile', 'presence')));
    await toldAtLast(phone);
    expect(place.daemon.log.filter((line) => line.includes('by multicast came what'))).toHaveLength(1);
  });

  test('takes a flood of made-up MACs without writing each down, and answers phones meanwhile', async () => {
    const place = await start();
    const phone = await plugIn(place);
    for (let index = 0; index < 600; index++)
      phone.ask(subscribes.noColon(`02ff0000${index.toString(16).padStart(4, '0')}`, `flood${index}`));
    await toldAtLast(phone);
    await asked(place, 2);
    expect(asking(place).length).toBeLessThan(400);
  });

  test('says that somebody has the port, and serves all the same', async () => {
    const holder = createSocket('udp4');
    onTestFinished(() => void holder.close());
    const port = await new Promise<number>((done) => holder.bind(0, '0.0.0.0', () => done(holder.address().port)));
    const project = createProject(siteOf([{ port: 5060 }], `pnp: { interfaces: [lo], port: ${port} }`));
    const daemon = await startDaemon(project, { timing: soon });
    expect(await daemon.said(/cannot listen for phones/)).toContain('EADDRINUSE');
    expect((await daemon.get(`/${first}.cfg`)).status).toBe(200);
  });

  test('says which interface is not there, and serves all the same', async () => {
    const project = createProject(siteOf([{ port: 5060 }], `pnp: { interfaces: [none9], port: ${await freePort()} }`));
    const daemon = await startDaemon(project, { timing: soon });
    expect(await daemon.said(/cannot listen for phones/)).toContain('none9');
    expect((await daemon.get(`/${first}.cfg`)).status).toBe(200);
  });
});
