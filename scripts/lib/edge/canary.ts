import type { EdgeTarget } from './target.js';

/** The cookie that holds a client's id. It never tells the colour: who is served by what is drawn from it anew, each time. */
export const CLIENT_COOKIE = 'slipway_client';
/** A cookie and a header by which a client chooses its colour itself. */
export const PIN_COOKIE = 'slipway_colour';
export const PIN_HEADER = 'X-Slipway-Colour';

/** How long a client keeps its id (seconds): a canary that takes longer would draw it anew. */
const CLIENT_SECONDS = 86_400;

/**
 * Renders which release and colour a request gets; pure. While a canary is tried, a client is drawn by its id and the
 * canary's version: `split_clients` gives the first percents to the canary, so whoever it has stays with it when its share
 * grows, and each release draws other clients. A client without an id gets one with its first answer, and that answer is
 * drawn by that very id.
 *
 * @returns lines of the `http` block that define $edge_colour and $edge_release
 */
export function choiceOf({ colour, version, canary }: EdgeTarget): string[] {
  // Maps, not a `set` in the server: requests that nginx refuses early carry the headers as well.
  if (!canary) return [`map '' $edge_release { default "${version}"; }`, `map '' $edge_colour { default ${colour}; }`];
  const colours = `${colour} ${colour}; ${canary.colour} ${canary.colour};`;
  const id = '"~^[0-9a-f]{32}$"';
  return [
    `map $cookie_${CLIENT_COOKIE} $edge_client { ${id} $cookie_${CLIENT_COOKIE}; default $request_id; }`,
    `split_clients "$edge_client ${canary.version}" $edge_drawn { ${canary.share}% ${canary.colour}; * ${colour}; }`,
    `map $cookie_${PIN_COOKIE} $edge_pinned { ${colours} default $edge_drawn; }`,
    `map $http_${PIN_HEADER.toLowerCase().replaceAll('-', '_')} $edge_colour { ${colours} default $edge_pinned; }`,
    `map $edge_colour $edge_release { ${canary.colour} "${canary.version}"; default "${version}"; }`,
    `map $https $edge_secure_cookie { on '; Secure'; default ''; }`,
    `map $cookie_${CLIENT_COOKIE} $edge_new_client {`,
    `    ${id} '';`,
    `    default "${CLIENT_COOKIE}=$request_id; Path=/; Max-Age=${CLIENT_SECONDS}; HttpOnly; SameSite=Lax$edge_secure_cookie";`,
    '}',
  ];
}

/** @returns the header that gives a client its id, for the `server` block of the public; none without a canary */
export function clientHeader({ canary }: EdgeTarget): string[] {
  return canary ? ['    add_header Set-Cookie $edge_new_client always;'] : [];
}
