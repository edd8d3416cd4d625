import { expect, test } from 'vitest';
import type { DockerFacts, HostFacts } from '../../../scripts/lib/setup/engine-facts.js';
import { planEngine } from '../../../scripts/lib/setup/engine-plan.js';

const complete: DockerFacts = { engine: '26.1.5', compose: '2.26.1', buildx: true, elsewhere: undefined };
const none: DockerFacts = { engine: undefined, compose: undefined, buildx: false, elsewhere: undefined };
const archive = {
  uris: ['http://mirror.example/debian'],
  suites: ['bookworm'],
  components: ['main'],
  fields: { 'Check-Valid-Until': 'no' },
};
const bookworm: HostFacts = {
  platform: 'linux',
  root: true,
  os: { id: 'debian', name: 'Debian GNU/Linux 12 (bookworm)' },
  archive,
  suites: ['bookworm', 'bookworm-updates'],
  packages: {},
  daemon: false,
  denied: false,
  init: 'none',
};
const trixie: HostFacts = { ...bookworm, archive: { ...archive, suites: ['trixie'] }, suites: ['trixie'] };
const ubuntu: HostFacts = { ...bookworm, os: { id: 'ubuntu', name: 'Ubuntu 24.04' }, archive: undefined, suites: ['noble'] };

const installed = (docker: DockerFacts, host: HostFacts) => {
  const plan = planEngine(docker, host);
  return plan.kind === 'act' ? plan.steps.find((step) => step.do === 'install') : undefined;
};
const refusal = (docker: DockerFacts, host: HostFacts) => {
  const plan = planEngine(docker, host);
  return plan.kind === 'refuse' ? [plan.why, ...plan.hints].join('\n') : plan.kind;
};

test('a sufficient engine leaves nothing to do', () => {
  expect(planEngine(complete, bookworm)).toEqual({ kind: 'ready' });
});

test('Debian 12 gets the engine of the next release by a pin, with the options of its own mirror', () => {
  const plan = planEngine(none, bookworm);
  expect(plan).toMatchObject({ kind: 'act', installs: expect.stringContaining('from Debian trixie') });
  if (plan.kind !== 'act') return;
  expect(plan.steps.map((step) => step.do)).toEqual(['write', 'update', 'install']);
  const [write, , install] = plan.steps;
  if (write?.do !== 'write' || install?.do !== 'install') throw new Error('other steps than expected');
  expect(write.files[0]?.content).toMatch(
    /^URIs: http:\/\/mirror.example\/debian\nSuites: trixie\nComponents: main\nCheck-Valid-Until: no$/m,
  );
  expect(write.files[1]?.content).toContain('Pin: release n=trixie\nPin-Priority: 100\n');
  expect(install.from).toBe('trixie');
});

test('Debian 13 and Ubuntu get the engine of their own release', () => {
  expect(installed(none, trixie)).toMatchObject({ packages: expect.arrayContaining(['docker.io', 'docker-compose']) });
  expect(installed(none, trixie)).not.toHaveProperty('from');
  expect(installed(none, ubuntu)).toMatchObject({ packages: expect.arrayContaining(['docker.io', 'docker-compose-v2']) });
});

test('an engine that is installed is started, without asking', () => {
  const plan = planEngine({ ...complete, engine: undefined }, { ...trixie, daemon: true, init: 'systemd' });
  expect(plan).toMatchObject({ kind: 'act', steps: [{ do: 'start', by: 'systemd' }] });
  expect(plan).not.toHaveProperty('installs');
});

test('an engine that is too old is upgraded where its package came from Debian, and the found version is told', () => {
  const old = { ...complete, engine: '20.10.24+dfsg1' };
  expect(planEngine(old, bookworm)).toMatchObject({ kind: 'act', why: expect.stringContaining('20.10.24') });
  expect(refusal(old, { ...bookworm, packages: { 'docker-ce': '5:20.10.24' } })).toContain('docker-ce docker-ce-cli');
});

test('a Compose that is missing or too old is told with its version', () => {
  expect(refusal({ ...complete, compose: '2.6.0' }, { ...trixie, root: false })).toContain('Compose 2.24 or newer, and this one is 2.6.0');
  expect(refusal({ ...complete, compose: undefined }, { ...trixie, root: false })).toContain('`docker compose` does not exist');
  expect(refusal({ ...complete, buildx: false }, { ...trixie, root: false })).toContain('`docker buildx` does not exist');
});

test('without root it says what to type', () => {
  expect(refusal(none, { ...trixie, root: false })).toContain('type: sudo npm run setup -- --yes');
  expect(refusal(none, { ...trixie, root: false, daemon: true })).toContain('type: sudo systemctl start docker');
  expect(refusal(none, { ...trixie, root: false, daemon: true, denied: true })).toContain('usermod -aG docker');
});

test('other systems are told where to get an engine', () => {
  expect(refusal(none, { ...bookworm, os: { id: 'fedora', name: 'Fedora 42' }, archive: undefined, suites: [] })).toContain('Fedora 42');
  expect(refusal(none, { ...bookworm, platform: 'darwin', root: false })).toContain('Docker Desktop');
  expect(refusal(none, { ...bookworm, os: { id: 'debian', name: 'Debian 11' }, suites: ['bullseye'] })).toContain('Debian 11');
});

test('an engine elsewhere is never installed or started from here', () => {
  const elsewhere = { ...complete, engine: undefined, elsewhere: 'tcp://build.example:2376' };
  expect(refusal(elsewhere, { ...trixie, daemon: true })).toContain('none answers at tcp://build.example:2376');
});
