import type { LogLine, LogSource } from '../../../scripts/lib/logs/source.js';

/** @returns a container whose log is read; the base's when there is no colour */
export function source(service: string, colour: LogSource['colour'] = undefined, number = 1): LogSource {
  return { id: `id-${service}`, service, colour, number, label: `${colour ? `${colour}-` : ''}${service}-${number}` };
}

export function line(text: string, from: LogSource = source('backend', 'blue')): LogLine {
  return { at: '2026-11-25T15:31:09.347900570Z', stream: 'stdout', text, source: from };
}
