import { z } from 'zod';

/** A port that a service publishes on this machine. */
const port = z.object({ service: z.string(), host: z.string(), port: z.number() });

const service = z.object({
  name: z.string(),
  image: z.string(),
  ports: z.array(port),
  /** Folders on this machine that its image is built from; empty when it is not built. */
  sources: z.array(z.string()),
  /** The command that fills the databases with data to work with. */
  seed: z.array(z.string()).optional(),
  /** What to tell the person after the start: addresses by name. */
  open: z.record(z.string(), z.string()),
});

/** The development stack as Compose resolved it: what there is to know of it. */
export const devModel = z.object({
  services: z.array(service),
  /** Its volumes, by the names that they have on the engine; without those that are declared to be none of its own. */
  volumes: z.array(z.string()),
});

export type DevPort = z.output<typeof port>;
export type DevService = z.output<typeof service>;
export type DevModel = z.output<typeof devModel>;
