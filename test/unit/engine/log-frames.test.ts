import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { framedReader, type LoggedLine, type LogReader, terminalReader } from '../../../scripts/lib/engine/log-frames.js';

const T1 = '2026-11-25T15:31:09.347900570Z';
const T2 = '2026-11-25T15:31:09.348331205Z';

/** A record as the engine sends it. */
function frame(stream: 1 | 2 | 3, text: string | Buffer): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

function read(reader: LogReader, ...chunks: Buffer[]): LoggedLine[] {
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

/** @returns the same bytes in pieces that end at these places */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

describe('a multiplexed log', () => {
  test('has a line for each record: its time, its stream, its text', () => {
    expect(read(framedReader(), frame(1, `${T1} hello\n`), frame(2, `${T2} to stderr\n`))).toEqual([
      { at: T1, stream: 'stdout', text: 'hello' },
      { at: T2, stream: 'stderr', text: 'to stderr' },
    ]);
  });

  test('keeps what a line begins and ends with, and empty lines', () => {
    const texts = ['  indented  ', '', '\tat file.js:1', 'a\rb', `${T1} its own time`];
    expect(read(framedReader(), ...texts.map((text) => frame(1, `${T1} ${text}\n`))).map(({ text }) => text)).toEqual(texts);
  });

  test('a long line comes in records of one time and is one line, whatever the other stream says in between', () => {
    const lines = read(
      framedReader(),
      frame(1, `${T1} ${'x'.repeat(16_384)}`),
      frame(2, `${T2} meanwhile\n`),
      frame(1, `${T1} ${'y'.repeat(16_384)}`),
      frame(1, `${T1} end\n`),
    );
    expect(lines).toEqual([
      { at: T2, stream: 'stderr', text: 'meanwhile' },
      { at: T1, stream: 'stdout', text: `${'x'.repeat(16_384)}${'y'.repeat(16_384)}end` },
    ]);
  });

  test('a character that was cut in two between records is whole', () => {
    const bytes = Buffer.from('aé');
    const [first, second] = [bytes.subarray(0, 2), bytes.subarray(2)];
    const stamp = Buffer.from(`${T1} `);
    expect(
      read(framedReader(), frame(1, Buffer.concat([stamp, first])), frame(1, Buffer.concat([stamp, second, Buffer.from('\n')]))),
    ).toEqual([{ at: T1, stream: 'stdout', text: 'aé' }]);
  });

  test('a line that never ends comes in pieces, and does not fill the memory', () => {
    const reader = framedReader();
    const lengths = Array.from({ length: 200 }, () => reader.push(frame(1, `${T1} ${'x'.repeat(16_384)}`)))
      .flat()
      .map(({ text }) => text.length);
    expect(lengths).toEqual([2 ** 20, 2 ** 20, 2 ** 20]);
  });

  test('what ends without a line break is a line as well', () => {
    expect(read(framedReader(), frame(1, `${T1} no end`))).toEqual([{ at: T1, stream: 'stdout', text: 'no end' }]);
  });

  test('the engine’s own complaints, which have no time, count as of the line before', () => {
    const lines = read(framedReader(), frame(2, `${T1} one\n`), frame(2, 'error from daemon in stream: unexpected EOF\n'));
    expect(lines[1]).toEqual({ at: T1, stream: 'stderr', text: 'error from daemon in stream: unexpected EOF' });
  });

  test('times of another zone, or with fewer decimals, are told in UTC with nine', () => {
    const times = ['2026-11-25T17:31:09.347900570+02:00', '2026-11-25T15:31:09Z', '2026-11-25T15:31:09.5Z'];
    expect(read(framedReader(), ...times.map((time) => frame(1, `${time} x\n`))).map(({ at }) => at)).toEqual([
      T1,
      '2026-11-25T15:31:09.000000000Z',
      '2026-11-25T15:31:09.500000000Z',
    ]);
  });

  test('is the same in whatever chunks it comes', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((one) => one.replaceAll('\n', ' ').replaceAll('\r', ' '));
    const lines = fc.array(fc.record({ stream: fc.constantFrom(1 as const, 2 as const), text }), { maxLength: 20 });
    fc.assert(
      fc.property(lines, fc.array(fc.nat(2_000), { maxLength: 20 }), (said, places) => {
        const bytes = Buffer.concat(said.map((line) => frame(line.stream, `${T1} ${line.text}\n`)));
        const expected = said.map((line) => ({ at: T1, stream: line.stream === 1 ? 'stdout' : 'stderr', text: line.text }));
        expect(read(framedReader(), ...cutAt(bytes, places))).toEqual(expected);
      }),
    );
  });
});

describe('the log of a container with a terminal', () => {
  test('has lines that end with CR LF, and no frames', () => {
    expect(read(terminalReader(), Buffer.from(`${T1} on a tty\r\n${T2} more\r\n`))).toEqual([
      { at: T1, stream: 'stdout', text: 'on a tty' },
      { at: T2, stream: 'stdout', text: 'more' },
    ]);
  });

  test('a long line has its time before each part, which is left out', () => {
    const [line, ...more] = read(terminalReader(), Buffer.from(`${T1} ${'x'.repeat(16_384)}${T1} ${'y'.repeat(9)}\r\n`));
    expect(more).toEqual([]);
    expect(line?.text).toBe(`${'x'.repeat(16_384)}${'y'.repeat(9)}`);
  });

  test('is the same in whatever chunks it comes', () => {
    const bytes = Buffer.from(`${T1} é → 🙂\r\n${T2} \x1b[31mred\x1b[0m\r\n${T2} \r\n${T2} end`);
    const whole = read(terminalReader(), bytes);
    expect(whole.map(({ text }) => text)).toEqual(['é → 🙂', '\x1b[31mred\x1b[0m', '', 'end']);
    fc.assert(
      fc.property(fc.array(fc.nat(200)), (places) => {
        expect(read(terminalReader(), ...cutAt(bytes, places))).toEqual(whole);
      }),
    );
  });
});
