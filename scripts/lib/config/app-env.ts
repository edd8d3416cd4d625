import { parseDotenv } from './dotenv-file.js';
import { fromRoot, readIfThere } from './files.js';

/**
 * @param path what APP_ENV_FILE says; nothing for no file
 * @returns the app's own variables, and what is wrong: with the file as a whole, or with lines of it
 */
export function readAppEnv(path: string | undefined): { values: Record<string, string>; problem?: string; lineProblems: string[] } {
  if (!path) return { values: {}, lineProblems: [] };
  const { text, problem } = path.includes('\0') ? {} : readIfThere(fromRoot(path));
  if (text === undefined) return { values: {}, problem: problem ? `${path} ${problem}` : `there is no file ${path}`, lineProblems: [] };
  const { values, lines, strayLines } = parseDotenv(text);
  const unfit = Object.keys(values).filter((key) => values[key]?.includes('\0'));
  return {
    values,
    lineProblems: [
      ...strayLines.map((line) => `${path}:${line}: should be KEY=value`),
      ...unfit.map((key) => `${path}:${lines.get(key)}: ${key} should have no NUL character`),
    ],
  };
}
