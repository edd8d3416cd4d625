// Server-sent events: a tick a second, and a polite end when the server stops.
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { build } from '../settings.js';
import { pause, stopping } from '../stopping.js';

const HEARTBEAT_TICKS = 15;

export const events = new Hono();

events.get('/', (c) => {
  c.header('X-Accel-Buffering', 'no'); // a proxy that collects events would show them late
  return streamSSE(c, async (stream) => {
    for (let tick = 0; !stopping.aborted && !stream.aborted; tick += 1) {
      if (tick % HEARTBEAT_TICKS === 0) await stream.write(': heartbeat\n\n');
      await stream.writeSSE({ event: 'tick', id: String(tick), data: JSON.stringify({ ...build, tick }) });
      await pause(1_000);
    }
    // The browser reconnects by itself, and after half a second finds the new release.
    if (!stream.aborted) await stream.writeSSE({ event: 'bye', retry: 500, data: JSON.stringify(build) });
  });
});
