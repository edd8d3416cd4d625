-- Up Migration
-- No unique constraint on job_id, on purpose: a job done twice must leave two rows to be seen.
CREATE TABLE jobs_done (
  job_id uuid NOT NULL,
  worker text NOT NULL,
  version text NOT NULL,
  colour text NOT NULL,
  done_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX jobs_done_job_id ON jobs_done (job_id);

-- Down Migration
DROP TABLE jobs_done;
