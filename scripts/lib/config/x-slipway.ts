import { z } from 'zod';
import { ASSETS_AT } from './assets.js';
import { cronProblem } from './cron-text.js';
import { parseDuration } from './durations.js';

const command = z.array(z.string().min(1), { error: 'should be a command as a list: [node, migrate.mjs, up]' }).min(1);
const path = z.string().regex(/^\/[^\s"';{}\\$]*$/, 'should be a path that begins with "/"');
const duration = z
  .string()
  .refine((value) => parseDuration(value) !== undefined, 'should be a duration such as 1s')
  .transform((value) => parseDuration(value) as number);
const rateName = z.enum(['api', 'auth', 'off'], { error: 'should be api, auth or off' });
const statusCode = z.int().min(100).max(599);

const route = z.strictObject({
  path,
  host: z
    .string()
    .regex(/^[A-Za-z0-9*.-]+$/, 'should be a host name')
    .optional(),
  /** Which request limit holds; paths under /api have the api limit unless told otherwise. */
  rate: rateName.optional(),
  /** How long the app may take to answer. */
  timeout: duration.optional(),
  /** The largest request body, as nginx writes it. */
  body: z
    .string()
    .regex(/^\d+[kmg]?$/, 'should be a size such as 20m')
    .optional(),
});

const check = z.strictObject({
  path,
  /** Accepted status codes; 200 unless told otherwise. */
  status: z
    .union([statusCode.transform((code) => [code]), z.array(statusCode).min(1)], { error: 'should be a status code or a list of them' })
    .default([200]),
  /** Members that the JSON answer must have with these values. */
  json: z.record(z.string(), z.unknown()).optional(),
  /** The variable (of APP_ENV_FILE or the environment) that holds a bearer token. */
  bearer: z.string().optional(),
  every: duration.refine((value) => value > 0, 'should be longer than 0s').default(1_000),
  times: z.int().min(1).max(1_000).default(1),
  within: duration.default(30_000),
  timeout: duration.default(10_000),
});

/** When a command is to run in the live colour. */
const job = z.strictObject({
  schedule: z.string({ error: 'should be a cron expression such as "0 2 * * *"' }).superRefine((text, { addIssue }) => {
    const problem = cronProblem(text);
    if (problem !== undefined) addIssue(problem);
  }),
  run: command,
});

/** It becomes the name of a file, a word of logs and a label of metrics. */
const JOB_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const jobs = z.record(z.string().regex(JOB_NAME), job, {
  error: ({ code }) =>
    code === 'invalid_key' ? 'should be named by small letters, digits and hyphens, such as expire-uploads' : undefined,
});

const FOLDER = 'should be a folder of the image such as /app/public/assets';

/** Content-hashed files that pages of older releases still want. */
const assets = z.strictObject(
  {
    folder: z.string({ error: FOLDER }).regex(/^(?:\/(?!\.{1,2}(?:\/|$))[^\s"';{}\\$/]+)+\/?$/, FOLDER),
    /** Where the service serves them. */
    at: z.string().regex(ASSETS_AT, 'should be a path that begins and ends with "/", such as /_next/static/').optional(),
  },
  { error: ({ code }) => (code === 'invalid_type' ? FOLDER : undefined) },
);

const inFolder = (value: unknown) => (typeof value === 'string' ? { folder: value } : value);

/** A service's x-slipway block. Other keys are refused, so that a misspelt one is noticed. */
export const serviceSchema = z.strictObject({
  role: z.enum(['web', 'worker', 'singleton'], { error: 'should be web, worker or singleton' }).default('worker'),
  port: z.int().min(1).max(65_535).optional(),
  route: z.preprocess((value) => (value === undefined || Array.isArray(value) ? (value ?? []) : [value]), z.array(route)),
  /** Paths under the service's routes that have a request limit of their own. */
  limits: z.array(z.strictObject({ path, rate: rateName })).default([]),
  checks: z.array(check).default([]),
  migrate: z.strictObject({ run: command, pending: command.optional(), down: command.optional() }).optional(),
  release: z.array(command).default([]),
  once: z.array(command).default([]),
  jobs: jobs.optional(),
  /** A folder, or a list of them; a text is a folder that is served by its last name under the service's route. */
  assets: z.preprocess((value) => (value === undefined ? [] : [value].flat().map(inFolder)), z.array(assets)),
  backup: z.strictObject({ files: z.array(z.string()).optional() }).optional(),
});

export type Block = z.output<typeof serviceSchema>;
export type Route = z.output<typeof route>;
export type Check = z.output<typeof check>;
export type RateName = z.output<typeof rateName>;
