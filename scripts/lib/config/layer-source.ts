import type { Environment } from './environments.js';

/** What a source may go by. */
export interface SourceContext {
  /** The .env file's absolute path: what belongs to an environment lies beside it, as `<file>.<environment>…`. */
  file: string;
  /** What SLIPWAY_ENV says. */
  environment: Environment;
  /**
   * What the layers so far say, later ones winning: defaults, the .env files, the keys of the process's environment, and for a
   * provider also the encrypted file. Keys that Slipway does not know are among them where a file has them.
   */
  values: Readonly<Record<string, string>>;
  /** The process's environment, whole. */
  process: Readonly<NodeJS.ProcessEnv>;
}

/** What a source has to say; a text is that of a .env file, and problems with it are told by its lines. */
export type SourceContent = { name: string } & ({ text: string } | { values: Readonly<Record<string, string>> });

/** A layer that is not just a file in clear text. Its code is loaded only where there is something for it to read. */
export interface LayerSource {
  /** Where it stands among the layers. */
  kind: 'encrypted' | 'provider';
  /**
   * @returns what it says, kept nowhere but in memory; undefined where this stack does not use it
   * @throws SlipwayError saying what is wrong, with no value in it
   */
  read(context: SourceContext): Promise<SourceContent | undefined>;
}
