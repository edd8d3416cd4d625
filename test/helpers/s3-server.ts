import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type Dockerode from 'dockerode';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { Docker } from '../../scripts/lib/engine/docker.js';
import { hashOfFolder } from '../../scripts/lib/engine/folder-hash.js';
import { buildFromPackages, buildImage, debianBase } from '../../scripts/lib/setup/build-image.js';
import { recipeLabel } from '../../scripts/lib/setup/debian-image.js';
import { silent } from '../../scripts/lib/setup/progress.js';

const IMAGE = 'slipway/test-moto';
const FOLDER = join(projectRoot, 'test/helpers/images/moto');
const PORT = '5000/tcp';

/** A third party's S3 server, which checks every signature. */
export interface S3Server {
  /** `http://127.0.0.1:<port>` */
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** A client that none of our code has anything to do with. */
  client: S3Client;
  /** Its name: containers of a network that it is connected to find it under this name, on port 5000. */
  container: string;
  /** Removes the server with everything in it. */
  stop: () => Promise<void>;
}

/**
 * Starts the server in a container; builds its image when that is missing or of an older recipe.
 *
 * @param prefix what the container's name begins with
 */
export async function startS3Server(prefix: string, { bucket = 'backups' } = {}): Promise<S3Server> {
  const docker = new Docker();
  await ensureImage(docker);
  const container = await docker.api.createContainer({
    name: `${prefix}-s3-${randomBytes(3).toString('hex')}`,
    Image: IMAGE,
    HostConfig: { AutoRemove: true, Init: true, PortBindings: { [PORT]: [{ HostIp: '127.0.0.1', HostPort: '' }] } },
  });
  await container.start();
  try {
    await isListening(container);
    const { Name, NetworkSettings } = await container.inspect();
    const endpoint = `http://127.0.0.1:${NetworkSettings.Ports[PORT]?.[0]?.HostPort}`;
    const credentials = JSON.parse(execFileSync('docker', ['exec', container.id, 'create-user.py'], { encoding: 'utf8' })) as {
      accessKeyId: string;
      secretAccessKey: string;
    };
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
      // Of an object in parts, moto gives the checksum of the parts' checksums without the "-2" that S3 marks it with.
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const stop = async () => {
      client.destroy();
      await container.remove({ force: true });
    };
    return { endpoint, bucket, ...credentials, client, container: Name.slice(1), stop };
  } catch (error) {
    await container.remove({ force: true });
    throw error;
  }
}

async function ensureImage(docker: Docker): Promise<void> {
  const recipe = hashOfFolder(FOLDER);
  if ((await docker.image(IMAGE))?.Config.Labels?.[recipeLabel] === recipe) return;
  await buildFromPackages(docker, [], silent);
  await buildImage(docker, IMAGE, FOLDER, { args: { BASE: debianBase }, labels: { [recipeLabel]: recipe } }, () => {});
}

/** It says so when its socket is open. */
async function isListening(container: Dockerode.Container): Promise<void> {
  const log = await container.logs({ follow: true, stdout: true, stderr: true });
  let said = '';
  for await (const piece of log) {
    said += String(piece);
    if (said.includes('Running on')) return;
  }
  throw new Error(`the S3 server ended: ${said}`);
}
