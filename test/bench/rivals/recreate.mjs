// The plain way: Compose replaces the containers in place.

/** @returns how to switch, once the first version runs */
export async function recreate(rival) {
  await rival.start('web');
  await rival.upstream('upstream app { server web:8000; }\n');
  await rival.startProxy();
  return { switchTo: (version) => rival.compose(version, 'up', '--detach', '--force-recreate', '--no-deps', 'web') };
}
