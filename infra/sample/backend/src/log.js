// One JSON object a line on stdout, where the container engine collects it.
import { build } from './settings.js';

function write(level, msg, fields) {
  const line = { time: new Date().toISOString(), level, msg, ...build, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

export const log = {
  info: (msg, fields) => write('info', msg, fields),
  warn: (msg, fields) => write('warn', msg, fields),
  error: (msg, fields) => write('error', msg, fields),
};

/** An error's reason in one line. Some have no message: only errors inside (a name with several
 * addresses, each refused), or only a class (a command's time limit). */
export function reason(error) {
  const inner = error?.errors?.map((each) => each.message).join('; ');
  const text = error?.message || inner || error?.code || error?.constructor?.name || String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
