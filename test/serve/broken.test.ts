import { rmSync, utimesSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type RunningDaemon, startDaemon } from '../support/daemon.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';

const file = `/${macOf(1)}.cfg`;

function createSite(): Project {
  const devices = siteOf([{ port: 5060 }, { port: 5061 }], 'notify: { mode: off }')
    .replace('secret-of-1001', '{ file: secrets/1001 }')
    .replace('templates_dir: templates', 'templates_dir: templates\ninclude: [people.yml]');
  return createProject(devices, {
    'secrets/1001': 'geheim',
    'people.yml': 'groups: { desk: { language: de } }\n',
  });
}

/** What a phone would have now, over both protocols. */
const servedBy = async (daemon: RunningDaemon) => [(await daemon.get(file)).text, await daemon.rrq(file)];

const replace = (name: string, from: string, to: string) => (project: Project) => project.edit(name, from, to);

interface Break {
  readonly of: string;
  readonly by: (project: Project) => void;
  /** What the log says, once each. */
  readonly faults: readonly RegExp[];
}

const breaks: readonly Break[] = [
  {
    of: 'the syntax of devices.yml',
    by: replace('devices.yml', 'name: Person 1', 'name: [Person 1'),
    faults: [/devices\.yml:7:\d+ /],
  },
  {
    of: 'several things in devices.yml',
    by(project) {
      project.edit('devices.yml', 'server: { address: 192.0.2.1 }', 'server: { adress: 192.0.2.1 }');
      project.edit('devices.yml', 'model: a1', 'model: a7');
    },
    faults: [
      /server has no "address"/,
      /devices\.yml:3:11 unknown key "adress".*did you mean "address"/,
      /unknown model "a7"/,
    ],
  },
  {
    of: 'all of devices.yml, which is removed',
    by: ({ path }) => rmSync(path('devices.yml')),
    faults: [/devices\.yml cannot be read: there is no such file/],
  },
  {
    of: 'all of devices.yml, which is emptied',
    by: ({ write }) => write('devices.yml', ''),
    faults: [/devices\.yml.* the file is empty/],
  },
  {
    of: 'an included file, which is removed',
    by: ({ path }) => rmSync(path('people.yml')),
    faults: [/devices\.yml:2:\d+ include names no file: "people\.yml"/],
  },
  {
    of: 'an included file, which is emptied',
    by: ({ write }) => write('people.yml', '\n'),
    faults: [/people\.yml.* the file is empty/],
  },
  {
    of: 'the syntax of a template',
    by: replace('templates/acme/mac.cfg.njk', '{% endfor %}', '{% endfro %}'),
    faults: [/mac\.cfg\.njk:\d+.* unknown block tag: endfro/],
  },
  {
    of: 'a template that fails when it is rendered',
    by: replace('templates/acme/mac.cfg.njk', '{{ model.title }}', '{{ model.titel }}'),
    faults: [/mac\.cfg\.njk:1:\d+ .*\(for 020000000001 and 1 more\)/],
  },
  {
    of: 'a vendor file',
    by: replace('templates/acme/vendor.yml', 'template: model.cfg.njk', 'template: modell.cfg.njk'),
    faults: [/vendor\.yml:\d+:\d+ there is no template "acme\/modell\.cfg\.njk"; did you mean "acme\/model\.cfg\.njk"/],
  },
  {
    of: 'a file with a secret, which is removed',
    by: ({ path }) => rmSync(path('secrets/1001')),
    faults: [/devices\.yml:7:\d+ .*secrets\/1001 is not there/],
  },
  {
    of: 'a file with a secret, which has two lines',
    by: ({ write }) => write('secrets/1001', 'geheim\nline.1.user = root\n'),
    faults: [/devices\.yml:\d+:\d+ .*secrets\/1001 holds a line break/],
  },
  {
    of: 'a name that no phone can show',
    by: replace('devices.yml', 'name: Person 1', 'name: "Person\\n1"'),
    faults: [/devices\.yml:7:\d+ .*line break/],
  },
];

describe('a broken edit never takes a phone’s last good file away, and never stops the watcher', () => {
  test.each(breaks)('it breaks $of', async ({ by, faults }) => {
    const project = createSite();
    const daemon = await startDaemon(project);
    const good = await servedBy(daemon);
    const sources = [
      'devices.yml',
      'people.yml',
      'secrets/1001',
      'templates/acme/mac.cfg.njk',
      'templates/acme/vendor.yml',
    ];
    const before = sources.map((name) => [name, project.read(name)] as const);
    const from = daemon.log.length;
    await daemon.after(() => by(project), new RegExp(`build rejected.* faults=${faults.length}\n`));
    expect(await servedBy(daemon)).toEqual(good);
    expect((await daemon.get('/-/ready')).status).toBe(200);
    // An event that changes nothing leads to another build, and to no other report.
    const rejected = () => daemon.log.slice(from).filter((line) => line.includes('build rejected'));
    const builds = () => rejectedBuilds(daemon);
    const count = await builds();
    utimesSync(project.path('templates/acme/model.cfg.njk'), new Date(), new Date());
    while ((await builds()) === count) await new Promise((done) => setTimeout(done, 10));
    expect(rejected()).toHaveLength(1);
    const said = daemon.log.slice(from).filter((line) => / error /.test(line) && !line.includes('build rejected'));
    expect(said).toHaveLength(faults.length);
    for (const fault of faults) expect(said.join('')).toMatch(fault);

    await daemon.after(() => {
      for (const [name, text] of before) project.write(name, text.replaceAll('Person 1', 'Ada Lovelace'));
    }, /build accepted .* changed=[1-9]/);
    const mended = await servedBy(daemon);
    expect(mended).toEqual(good.map((text) => text.replaceAll('Person 1', 'Ada Lovelace')));
  });
});

async function rejectedBuilds(daemon: RunningDaemon): Promise<number> {
  const { text } = await daemon.get('/-/metrics');
  return Number(/^offhook_builds_total\{accepted="false"\} (\d+)/m.exec(text)?.[1]);
}
