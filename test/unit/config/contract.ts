/** The x-slipway block that the contract promises, word for word. */
export const contract = `
role: web                    # web | worker | singleton; workers and singletons need nothing else
port: 8000                   # web only
route: { path: /api/, host: api.example.com }        # host optional
checks:                      # before the cut on the idle colour, after it from outside
  - { path: /health, json: { status: healthy }, every: 1s, times: 3, within: 60s }
  - { path: /api/v1/users/me, status: [200, 401], bearer: SMOKE_TOKEN }
migrate: { run: [node, migrate.mjs, up], pending: [node, migrate.mjs, pending], down: [node, migrate.mjs, down] }
release: [[node, collect-assets.mjs]]                # once per release, before the cut
once: [[node, seed.mjs]]                             # once per stack
assets: /app/public/assets                           # content-hashed files kept for old pages
jobs: { expire-uploads: { schedule: "0 3 * * *", run: [node, expire.mjs] } }
backup: { files: [uploads] }
`;
