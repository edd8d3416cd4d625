import { expect, test } from 'vitest';
import { mmdebstrapCommand, recipeOfSystem } from '../../../scripts/lib/setup/debian-image.js';

const archive = { uris: ['http://mirror.example/debian'], suites: ['bookworm'], components: ['main'], fields: {} };

test("the machine's mirror and apt settings reach the new system", () => {
  const command = mmdebstrapCommand({ suite: 'forky' }, archive, ['Acquire::Check-Valid-Until "false"'], '/tmp/m.sources', '/tmp/s.tar');
  expect(command).toContain('--aptopt=Acquire::Check-Valid-Until "false"');
  expect(command.slice(-3)).toEqual(['forky', '/tmp/s.tar', '/tmp/m.sources']);
});

test('without a mirror of its own mmdebstrap takes its default', () => {
  expect(mmdebstrapCommand({ suite: 'forky' }, undefined, [], '', '/tmp/s.tar').at(-1)).toBe('/tmp/s.tar');
});

test("a key that no package of Debian's brings is carried over", () => {
  const signed = (key: string) =>
    mmdebstrapCommand({ suite: 'forky' }, { ...archive, fields: { 'Signed-By': key } }, [], 'm', 's').join(' ');
  expect(signed('/etc/apt/keyrings/own.gpg')).toContain('upload /etc/apt/keyrings/own.gpg /etc/apt/keyrings/own.gpg');
  expect(signed('/usr/share/keyrings/debian-archive-keyring.gpg')).not.toContain('upload');
});

test('the recipe changes with the packages, not with the mirror', () => {
  expect(recipeOfSystem({ suite: 'forky' })).toBe(recipeOfSystem({ suite: 'forky' }));
  expect(recipeOfSystem({ suite: 'forky', packages: ['git'] })).not.toBe(recipeOfSystem({ suite: 'forky' }));
});
