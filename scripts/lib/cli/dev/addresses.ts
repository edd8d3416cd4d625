import type { DevModel, DevService } from '../../dev/model.js';
import type { Output } from '../output.js';

/** @returns where everything is: what the services say (x-slipway.open), and the ports of those that say nothing; pure */
export function addressesOf({ services }: DevModel): Record<string, string> {
  return Object.fromEntries(services.flatMap(addressesOfOne));
}

function addressesOfOne({ name, open, ports }: DevService): [string, string][] {
  if (Object.keys(open).length > 0) return Object.entries(open);
  return ports.map(({ host, port }) => [ports.length > 1 ? `${name} ${port}` : name, `${host}:${port}`]);
}

export function printAddresses(addresses: Readonly<Record<string, string>>, output: Output): void {
  const width = Math.max(0, ...Object.keys(addresses).map((name) => name.length));
  for (const [name, address] of Object.entries(addresses)) output.line(`  ${name.padEnd(width)}  ${address}`);
  output.line('a changed source file is served at once; npm run dev:logs shows what happens, npm run dev:down stops it');
}
