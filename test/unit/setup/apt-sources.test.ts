import { expect, test } from 'vitest';
import { debianArchive, parseListFile, parseSourcesFile, renderSource } from '../../../scripts/lib/setup/apt-sources.js';

const DEB822 = `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
Check-Valid-Until: no

Types: deb
URIs: http://off.example/debian
Suites: sid
Components: main
Enabled: no

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
`;

test('a .sources file gives its enabled binary sources with all their options', () => {
  expect(parseSourcesFile(DEB822)).toEqual([
    {
      uris: ['http://mirror.example/debian'],
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
      fields: { 'Signed-By': '/usr/share/keyrings/debian-archive-keyring.gpg', 'Check-Valid-Until': 'no' },
    },
  ]);
});

test('a list file gives its binary sources with their options in deb822 spelling', () => {
  const text = `# deb http://commented.example/debian bookworm main
deb [arch=amd64,arm64 signed-by=/etc/apt/keyrings/own.gpg check-valid-until=no] http://mirror.example/debian bookworm main contrib # why
deb-src http://mirror.example/debian bookworm main
deb http://plain.example/debian trixie main`;
  expect(parseListFile(text)).toEqual([
    {
      uris: ['http://mirror.example/debian'],
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      fields: { Architectures: 'amd64 arm64', 'Signed-By': '/etc/apt/keyrings/own.gpg', 'Check-Valid-Until': 'no' },
    },
    { uris: ['http://plain.example/debian'], suites: ['trixie'], components: ['main'], fields: {} },
  ]);
});

test('a rendered source reads back as the same source, a key in the file included', () => {
  const key = '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----';
  const source = { uris: ['http://mirror.example/debian'], suites: ['forky'], components: ['main'], fields: { 'Signed-By': key } };
  expect(parseSourcesFile(renderSource(source))).toEqual([source]);
});

test("Debian's archive is found among other vendors that use its suite names", () => {
  const vendor = {
    uris: ['http://vendor.example/apt'],
    suites: ['bookworm'],
    components: ['main'],
    fields: { 'Signed-By': '/k/vendor.gpg' },
  };
  const security = { uris: ['http://mirror.example/debian-security'], suites: ['bookworm-security'], components: ['main'], fields: {} };
  const archive = { uris: ['http://mirror.example/debian/'], suites: ['bookworm', 'bookworm-updates'], components: ['main'], fields: {} };
  expect(debianArchive([vendor, security, archive])).toBe(archive);
  expect(debianArchive([security])).toBeUndefined();
});
