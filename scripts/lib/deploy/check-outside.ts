import type { AppModel } from '../config/app-model.js';
import { type Config, loadConfig } from '../config/load.js';
import type { Check } from '../config/x-slipway.js';
import { readMaintenance } from '../edge/gate.js';
import { routesOf } from '../edge/routes.js';
import { Compose } from '../engine/compose.js';
import type { ProbeResponse } from '../engine/deck/protocol.js';
import { Docker } from '../engine/docker.js';
import { exitCodes, UsageError } from '../errors.js';
import { checksOf, problemWith } from './checks.js';
import { edgeIn } from './maintenance/maintenance-status.js';
import { outsideProbe } from './outside-probe.js';
import { headersFor, publicRoute } from './probes.js';
import { resolveApp } from './resolve.js';
import { findSource } from './source.js';
import { assertEngine, observe, type State } from './state.js';

/** How one declared check went from outside. */
export interface OutsideCheck {
  service: string;
  url: string;
  /** Undefined: it passed. */
  problem: string | undefined;
  milliseconds: number;
  release: string | undefined;
}

/**
 * Asks every declared check once, from outside, as a client would. Checks of paths that no route leads to are left out:
 * nobody outside can ask them.
 *
 * @param url where the app is reached; the edge's published address when left out
 * @returns the outcomes, and the exit code: 1 when one did not pass
 */
export async function checkOutside(
  url: string | undefined,
  dotenv: string | undefined,
): Promise<{ checks: OutsideCheck[]; exitCode: 0 | 1 }> {
  const config = await loadConfig(dotenv);
  const base = parseUrl(url ?? publishedUrl(config));
  const docker = new Docker();
  await assertEngine(docker);
  const state = await observe(docker, config.names);
  const app = await appOf(config, docker, state);
  const routes = routesOf(app.services);
  const asked = app.services.flatMap((service) =>
    checksOf(service)
      .filter((check) => publicRoute(routes, service.name, check.path))
      .map((check) => ask(config, base, service.name, check, publicRoute(routes, service.name, check.path)?.host)),
  );
  if (asked.length === 0) {
    throw new UsageError('no declared check can be asked from outside', {
      hints: ['declare one (x-slipway.checks) whose path is under a route'],
    });
  }
  const edge = edgeIn(state);
  const closed = edge && (await readMaintenance(docker, edge.id));
  const checks = (await Promise.all(asked)).map((check) =>
    check.problem && closed ? { ...check, problem: `${check.problem} (maintenance is on)` } : check,
  );
  return { checks, exitCode: checks.some(({ problem }) => problem) ? exitCodes.failed : exitCodes.done };
}

/** The checks are those of the live release's own Compose file where its version is a git tag, else today's. */
async function appOf(config: Config, docker: Docker, { live }: State): Promise<AppModel> {
  const version = live?.version ?? 'none';
  const source = await findSource(config, version);
  try {
    const { app } = await resolveApp(new Compose(docker.endpoint), config, source, {
      colour: live?.colour ?? 'blue',
      version,
      release: version,
    });
    return app;
  } finally {
    await source.remove();
  }
}

async function ask(config: Config, base: URL, service: string, check: Check, host: string | undefined): Promise<OutsideCheck> {
  const began = performance.now();
  const headers = headersFor(config, check, host);
  // The public name stands in the URL already, unless the route has a host of its own.
  if (host === undefined) delete headers.host;
  const target = new URL(check.path, base);
  const answer: ProbeResponse = await outsideProbe(target, headers, check.timeout, config.settings.TLS === 'self-signed');
  return {
    service,
    url: target.href,
    problem: problemWith(answer, check),
    milliseconds: Math.round(performance.now() - began),
    release: answer.headers['x-release'],
  };
}

function publishedUrl({ settings }: Config): string {
  const host = settings.BIND_ADDRESS === '0.0.0.0' ? '127.0.0.1' : settings.BIND_ADDRESS;
  return settings.TLS === 'off' ? `http://${host}:${settings.HTTP_PORT}` : `https://${host}:${settings.HTTPS_PORT}`;
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UsageError(`${JSON.stringify(text)}: should be a URL such as https://example.com`, {
      hints: ['type: npx zx scripts/check.mjs https://example.com'],
    });
  }
  return new URL(text);
}
