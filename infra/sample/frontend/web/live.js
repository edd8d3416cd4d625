// Connections that come back: after a deploy both end politely and find the new release.
const RETRY_MS = 1_000;

/** Server-sent events. @param {{ onTick(tick: object): void, onState(open: boolean): void }} handlers */
export function openEvents({ onTick, onState }) {
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => onState(true));
  source.addEventListener('tick', (event) => onTick(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    onState(false);
    // The browser reconnects by itself after a cut, but gives up for good after an error page.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => openEvents({ onTick, onState }), RETRY_MS);
  });
}

/** Websocket. @param {{ onHello(hello: object): void, onState(open: boolean): void }} handlers */
export function openSocket({ onHello, onState }) {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/ws`);
  socket.addEventListener('open', () => onState(true));
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'hello') onHello(message);
  });
  socket.addEventListener('close', () => {
    onState(false);
    setTimeout(() => openSocket({ onHello, onState }), RETRY_MS);
  });
}
