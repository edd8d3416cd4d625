import { openEvents, openSocket } from './live.js';

const byId = (id) => document.getElementById(id);

function item(text, when) {
  const time = document.createElement('time');
  time.dateTime = when.toISOString();
  time.textContent = when.toLocaleTimeString();
  const li = document.createElement('li');
  li.append(text, time);
  return li;
}

function state(id, open, text) {
  byId(id).classList.toggle('open', open);
  byId(id).textContent = text;
}

let shown = '';

/** Whatever answers says which release it is; a new one is worth a line and fresh data. */
function release({ version, colour }) {
  const name = `${version} · ${colour}`;
  if (name === shown) return;
  shown = name;
  document.body.dataset.colour = colour;
  byId('release').textContent = name;
  byId('history').prepend(item(name, new Date()));
  refresh();
}

async function api(path, options) {
  const response = await fetch(path, options);
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return response.json();
}

function problem(error) {
  byId('problem').hidden = !error;
  byId('problem').textContent = error?.message ?? '';
}

async function refresh() {
  try {
    const [who, notes] = await Promise.all([api('/api/whoami'), api('/api/notes')]);
    byId('host').textContent = who.hostname;
    byId('notes').replaceChildren(...notes.map((note) => item(note.text, new Date(note.created_at))));
    problem();
    release(who);
  } catch (error) {
    problem(error);
  }
}

byId('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  try {
    await api('/api/notes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: form.elements.text.value }),
    });
    form.reset();
    await refresh();
  } catch (error) {
    problem(error);
  }
});

openEvents({
  onTick(tick) {
    state('events', true, `tick ${tick.tick}`);
    release(tick);
  },
  onState: (open) => state('events', open, open ? 'open' : 'reconnecting…'),
});
openSocket({
  onHello: release,
  onState: (open) => state('socket', open, open ? 'open' : 'reconnecting…'),
});
refresh();
