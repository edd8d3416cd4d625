import { posix } from 'node:path';
import type { Duplex } from 'node:stream';
import { SlipwayError } from '../errors.js';
import type { Docker } from './docker.js';
import { collect } from './streams.js';

/** A file in a volume, and with what it is reached. */
export interface VolumeFile {
  volume: string;
  /** The file's name in the volume. */
  file: string;
  /** An image that has Node. */
  image: string;
  /** The stack that the helper container belongs to. */
  stack: string;
}

const FOLDER = '/volume';
const WRITTEN = 'written';

/**
 * The line break before the line keeps it whole where a crash has left half of another one. It is one write to a file that is
 * opened for appending: the kernel puts it behind whatever others append at the same moment.
 */
const PROGRAM = `
const fs = require('node:fs');
const [path, line] = process.argv.slice(1);
const file = fs.openSync(path, 'a', 0o600);
fs.writeFileSync(file, '\\n' + line + '\\n');
fs.fsyncSync(file);
fs.fsyncSync(fs.openSync(require('node:path').dirname(path), 'r'));
process.stdout.write('${WRITTEN}');
`;

/**
 * Appends a line to a file in a volume, in a container that is made for it and gone afterwards (some 0.3 s). It takes no lock.
 *
 * @param line without line breaks, and without secrets: it is an argument
 * @returns once the line is on the disk
 * @throws SlipwayError when it may not be
 */
export async function appendLine(docker: Docker, { volume, file, image, stack }: VolumeFile, line: string): Promise<void> {
  const what = `writing to ${file} in the volume ${volume}`;
  const container = await docker.call(what, () =>
    docker.api.createContainer({
      Image: image,
      Cmd: ['node', '-e', PROGRAM, posix.join(FOLDER, file), line],
      Labels: { 'dev.slipway.stack': stack },
      User: '0:0',
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: {
        AutoRemove: true,
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Memory: 256 * 1024 * 1024,
        PidsLimit: 64,
        LogConfig: { Type: 'none', Config: {} },
        Mounts: [{ Type: 'volume', Source: volume, Target: FOLDER }],
      },
    }),
  );
  const { stdout, stderr } = await docker
    .call(what, async () => {
      const stream = await container.attach({ stream: true, stdout: true, stderr: true, hijack: true });
      const said = collect(docker.api, stream as unknown as Duplex);
      await container.start();
      return said;
    })
    .catch(async (error: unknown) => {
      await container.remove({ force: true }).catch(() => {});
      throw error;
    });
  if (stdout !== WRITTEN)
    throw new SlipwayError(`${what} failed`, { details: stderr.split('\n').filter((text) => /^\w*Error/.test(text)) });
}
