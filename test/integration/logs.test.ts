import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { engine } from '../helpers/leftovers.js';
import type { Ended, Running } from '../helpers/process.js';
import { processesOf } from '../helpers/processes.js';
import { createStack, type Stack } from '../helpers/stack.js';

/** A line of `logs --json`. */
interface Line {
  time: string;
  service: string;
  colour: string | null;
  replica: number;
  stream: string;
  level: string | null;
  request: string | null;
  line: string;
}

let stack: Stack;
let following: Running;

beforeAll(async () => {
  stack = await createStack({ HEALTH_TIMEOUT: '60s' }, { quick: true });
  await stack.deployed('t1');
  following = stack.start('logs', ['backend', 'edge', '--follow', '--tail', '0']);
  await stack.deployed('t2');
});
afterAll(async () => {
  following?.kill('SIGKILL');
  await stack?.destroy();
});

function linesOf({ stdout }: Pick<Ended, 'stdout'>): Line[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

async function logs(...words: string[]): Promise<Line[]> {
  const ended = await stack.start('logs', words).ended;
  expect(ended.exitCode, ended.stderr).toBe(0);
  return linesOf(ended);
}

/** Runs a command as it is typed, without --json. */
function type(command: string, own: readonly string[], rest: readonly string[] = [], input = '') {
  const behind = rest.length > 0 ? ['--', ...rest] : [];
  const { status, stdout, stderr } = spawnSync(process.execPath, [`scripts/${command}.mjs`, ...own, '--dotenv', stack.dotenv, ...behind], {
    cwd: projectRoot,
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Has a service say something in its log, as if its own program did. */
const say = (service: string, program: string) =>
  type('exec', [service], ['node', '-e', `require('fs').writeFileSync('/proc/1/fd/1', ${program})`]);
const services = (lines: readonly Line[]) =>
  [...new Set(lines.map(({ service, colour }) => (colour ? `${colour} ${service}` : service)))].sort();

describe('logs', () => {
  test('of a stack are those of the base and of both colours, in the order of time', async () => {
    const lines = await logs();
    expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).sort());
    expect(services(lines)).toEqual(
      expect.arrayContaining([
        'blue backend',
        'blue frontend',
        'blue worker',
        'cron',
        'edge',
        'green backend',
        'green frontend',
        'green scheduler',
        'postgres',
        'redis',
      ]),
    );
    const listening = lines.filter(({ service, line }) => service === 'backend' && line.includes('"listening"'));
    expect(listening.map(({ colour, replica }) => [colour, replica]).sort()).toEqual([
      ['blue', 1],
      ['blue', 2],
      ['green', 1],
      ['green', 2],
    ]);
  });

  test('that are followed have the lines of a colour that a deploy brought, and end with Ctrl-C: exit code 130', async () => {
    await stack.fetch('/api/notes?followed');
    await following.says(/"service":"edge".*\\"path\\":\\"\/api\/notes\\"/);
    following.kill('SIGINT');
    const ended = await following.ended;
    expect(ended.exitCode, ended.stderr).toBe(130);
    const lines = linesOf(ended);
    expect(services(lines)).toEqual(['blue backend', 'edge', 'green backend']);
    expect(
      lines
        .filter(({ line }) => line.includes('"listening"'))
        .map(({ colour, replica }) => [colour, replica])
        .sort(),
    ).toEqual([
      ['green', 1],
      ['green', 2],
    ]);
    expect(lines.some(({ colour, line }) => colour === 'blue' && line.includes('"stopped"'))).toBe(true);
    expect(new Set(lines.map(({ time, service, replica, line }) => `${time} ${service} ${replica} ${line}`)).size).toBe(lines.length);
  });

  test('by the id of a request are what the edge and the app say of it', async () => {
    const { headers } = await stack.fetch('/api/notes');
    const id = String(headers['x-request-id']);
    await expect.poll(async () => services(await logs('--request', id)), { timeout: 15_000 }).toEqual(['edge', 'green backend']);
    const lines = await logs('--request', id, '--since', '5m');
    expect(lines.map(({ request }) => request)).toEqual([id, id]);
  });

  test('by level have a request that was not found, by its status, and nothing that is less grave', async () => {
    await stack.fetch('/api/no-such-thing');
    const grave = () => logs('edge', 'backend', '--level', 'warn', '--known-level', '--since', '5m');
    await expect
      .poll(async () => (await grave()).map(({ line }) => line), { timeout: 15_000 })
      .toContainEqual(expect.stringContaining('no-such-thing'));
    expect(new Set((await grave()).map(({ level }) => level))).not.toContain('info');
  });

  test('for a person have the container’s name before each line; --tail is about each container', async () => {
    const { status, stdout, stderr } = type('logs', ['redis', 'scheduler', '--tail', '1']);
    expect([status, stderr]).toEqual([0, '']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/ {2}\| .*/, '').trim())
        .sort(),
    ).toEqual(['blue-scheduler-1', 'green-scheduler-1', 'redis-1']);
  });

  test('have a line of 40 kB in one piece, with its characters whole', async () => {
    const text = `begin ${'é'.repeat(20_000)} end`;
    expect(say('backend', `'begin ' + 'é'.repeat(20000) + ' end\\n'`)).toMatchObject({ status: 0, stderr: '' });
    expect((await logs('backend', '--since', '1m', '--tail', '20')).map(({ line }) => line)).toContain(text);
  });

  test('of a service that is not there are refused, and a near one is named: exit code 2', async () => {
    const { status, stderr } = type('logs', ['bakend']);
    expect([status, stderr.split('\n')[0]]).toEqual([2, '✗ there is no service "bakend"; did you mean backend?']);
    expect(stderr).toContain('there are: backend, backend-jobs, cron, edge, files, frontend, postgres, redis, scheduler, worker');
  });
});

describe('exec', () => {
  test('passes arguments on as they are, and the exit code', () => {
    const args = ['$HOME', '$(id)', 'a "b" \'c\'', '', ' d  e ', '*', '--json', '-x', 'é\nf', '\\'];
    const { status, stdout } = type(
      'exec',
      ['backend'],
      ['node', '-e', 'console.log(JSON.stringify(process.argv.slice(1))); process.exit(7)', '--', ...args],
    );
    expect([status, JSON.parse(stdout)]).toEqual([7, args]);
  });

  test('passes standard input on, byte by byte, and says nothing of its own', () => {
    const input = 'one\ntwo\r\n\u0000\u0004\u0010\u0011three';
    expect(type('exec', ['backend'], ['cat'], input)).toEqual({ status: 0, stdout: input, stderr: '' });
    expect(type('exec', ['backend'], [], 'echo "from $0"; exit 3')).toMatchObject({ status: 3, stdout: 'from sh\n' });
  });

  test('is in the live colour, or in the other, or in another replica', async () => {
    const whoami = async (...flags: string[]) => {
      const ended = await stack.start('exec', ['backend', ...flags], { args: ['--', 'sh', '-c', 'echo $COLOUR; hostname'] }).ended;
      return [ended.exitCode, ...String(ended.json.stdout).trim().split('\n'), ended.json.replica];
    };
    const host = async (number: number) => (await stack.container('green', 'backend', number)).id.slice(0, 12);
    expect(await whoami()).toEqual([0, 'green', await host(1), 1]);
    expect(await whoami('--replica', '2')).toEqual([0, 'green', await host(2), 2]);
    const other = await stack.start('exec', ['backend', '--colour', 'blue']).ended;
    expect([other.exitCode, other.stderr]).toEqual([1, expect.stringContaining('-blue-backend-1 is exited')]);
  });

  test('gives a terminal its size where there is one', () => {
    const command = `stty rows 33 cols 101; ${process.execPath} scripts/exec.mjs backend --dotenv ${stack.dotenv} -- sh -c 'test -t 0 && test -t 1 && stty size; exit 5'`;
    const { status, stdout } = spawnSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: projectRoot,
      encoding: 'utf8',
      input: '',
    });
    expect(stdout).toMatch(/in .*-green-backend-1; this session is journaled/);
    expect([status, stdout]).toEqual([5, expect.stringContaining('33 101\r\n')]);
  });

  test('works while another operation holds the lock, and takes it from nobody', async () => {
    const deck = { name: `${stack.name}-deck`, Image: stack.values.NODE_IMAGE ?? '', Cmd: ['sleep', '60'], HostConfig: { Init: true } };
    const holder = await engine.createContainer(deck);
    await holder.start();
    try {
      expect(type('exec', ['worker'], ['true'])).toEqual({ status: 0, stdout: '', stderr: '' });
      expect((await holder.inspect()).State.Running).toBe(true);
    } finally {
      await holder.remove({ force: true });
    }
  });

  test('that cannot be journaled does not begin: exit code 1, and a way for an emergency', async () => {
    const options = { env: { NODE_IMAGE: 'slipway/none:0' }, args: ['--', 'touch', '/tmp/it-ran'] };
    const { exitCode, stderr } = await stack.start('exec', ['worker'], options).ended;
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^✗ that this session begins cannot be journaled: .*slipway\/none:0/)]);
    expect(stderr).toMatch(/→ .*docker exec -it .*-green-worker-1 sh$/m);
    expect(type('exec', ['worker'], ['ls', '/tmp']).stdout).not.toContain('it-ran');
  });

  test('that is interrupted does not pass for one that went well: exit code 130, and a word of what may go on', async () => {
    const running = stack.start('exec', ['backend'], { args: ['--', 'sleep', '30'] });
    const backend = await stack.container('green', 'backend');
    await expect.poll(() => processesOf(backend).map(({ command }) => command), { timeout: 15_000 }).toContain('sleep 30');
    running.kill('SIGINT');
    const { exitCode, stderr } = await running.ended;
    expect([exitCode, stderr]).toEqual([130, expect.stringMatching(/^! interrupted; sleep may still run in .*-green-backend-1/)]);
  });
});

describe('psql', () => {
  test('is the app’s role on the app’s database, and the superuser when that is said', () => {
    const query = 'SELECT current_user, current_database(), $$a \'b\' "c"$$';
    expect(type('psql', [], ['-XAtc', query])).toEqual({ status: 0, stdout: `app|app|a 'b' "c"\n`, stderr: '' });
    expect(type('psql', ['postgres', '--admin'], ['-XAtc', query]).stdout).toBe(`postgres|postgres|a 'b' "c"\n`);
  });

  test('reads statements from standard input, and ends with psql’s own exit code', () => {
    expect(type('psql', [], ['-XAt', '-v', 'ON_ERROR_STOP=1'], 'SELECT 1;\nSELECT nothing;\n')).toMatchObject({ status: 3, stdout: '1\n' });
  });

  test('has no password in any process’s arguments, here or there', async () => {
    const running = stack.start('psql', ['--admin'], { args: ['--', '-c', 'SELECT pg_sleep(3)'] });
    const postgres = await stack.container('', 'postgres');
    const there = () => processesOf(postgres).map(({ command }) => command);
    await expect.poll(there, { timeout: 15_000 }).toContainEqual(expect.stringMatching(/^psql -c/));
    const seen = [...there(), ...commandsHere()].join('\n');
    expect(seen).toMatch(/docker .*exec/);
    for (const secret of stack.secrets) expect(seen).not.toContain(secret);
    expect((await running.ended).exitCode).toBe(0);
  });
});

test('the history tells every session as what it was, and nothing of what was typed; no figure counts them', async () => {
  expect(type('exec', ['frontend'], ['sh', '-c', 'exit 9', 'typed-by-somebody'])).toMatchObject({ status: 9 });
  const { json, stdout } = await stack.start('history', []).ended;
  const { sessions, total, dora } = json as { sessions: Record<string, unknown>[]; total: number; dora: { deployments: number } };
  expect(sessions[0]).toMatchObject({
    command: 'exec',
    service: 'frontend',
    colour: 'green',
    replica: 1,
    program: 'sh',
    exitCode: 9,
    by: expect.stringContaining('@'),
  });
  expect(sessions).toContainEqual(
    expect.objectContaining({ command: 'psql', service: 'postgres', colour: null, database: 'postgres', role: 'postgres', exitCode: 0 }),
  );
  expect(sessions).toContainEqual(expect.objectContaining({ service: 'worker', program: 'true', exitCode: 0 }));
  expect(sessions.every(({ exitCode, ms }) => exitCode !== null && Number(ms) > 0)).toBe(true);
  for (const typed of ['typed-by-somebody', 'current_user', 'exit 9']) expect(stdout).not.toContain(typed);
  expect([total, dora.deployments]).toEqual([2, 2]);
  expect(type('history', []).stdout).toMatch(/ exec +- +green .*sh in frontend-1: exit code 9$/m);
});

function commandsHere(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
