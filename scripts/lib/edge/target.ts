import type { AppService } from '../config/app-model.js';
import type { Config } from '../config/load.js';
import type { Colour } from '../config/names.js';

/**
 * The ports inside the edge. Only the first two are published; `warm` answers the edge's own script alone. `inside` has the
 * servers of the published port, without the gate that maintenance closes there.
 */
export const edgePorts = { http: 80, https: 443, private: 8081, staging: 8082, warm: 8083, inside: 8084 } as const;

/** What the edge is to serve. */
export interface EdgeTarget {
  colour: Colour;
  version: string;
  /** The operation's fencing token; stands in the live set's description. */
  token: number;
  services: readonly AppService[];
  /** The release whose assets the edge keeps as those of these services; undefined: it keeps none. */
  assets?: string | undefined;
  /** Another release that serves a share of the clients; undefined: all are served by this one. */
  canary?: EdgeCanary;
}

/** The release that is tried on a share of the clients. */
export interface EdgeCanary {
  colour: Colour;
  version: string;
  /** The token of the operation that tries it. */
  token: number;
  services: readonly AppService[];
  /** How many of a hundred clients it serves, 1 to 99. */
  share: number;
}

export type EdgeSettings = Pick<
  Config['settings'],
  | 'SERVER_NAMES'
  | 'TLS'
  | 'HTTPS_PORT'
  | 'TRUSTED_PROXIES'
  | 'RATE_API'
  | 'RATE_AUTH'
  | 'RATE_ADDRESS'
  | 'BODY_LIMIT'
  | 'KEEPALIVE_TIMEOUT'
  | 'DRAIN_TIMEOUT'
>;

/** PEM texts, when TLS is `files`. */
export interface Certificate {
  certificate: string;
  key: string;
}

/** The live set answers the public; the staging set answers only inside the stack's network, on a port of its own. */
export type EdgeMode = 'live' | 'staging';

/** @returns the name of a service's upstream in one colour */
export function upstreamName(service: string, colour: Colour): string {
  return `${service}_${colour}`;
}

/** @returns the lines, each ended */
export function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
