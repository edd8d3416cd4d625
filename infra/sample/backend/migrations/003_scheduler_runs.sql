-- Up Migration
-- Two rows whose [started_at, stopped_at or last_beat_at] overlap mean that two schedulers ran at once.
CREATE TABLE scheduler_runs (
  instance uuid PRIMARY KEY,
  version text NOT NULL,
  colour text NOT NULL,
  started_at timestamptz NOT NULL,
  last_beat_at timestamptz NOT NULL,
  stopped_at timestamptz,
  ticks integer NOT NULL DEFAULT 0
);

-- Down Migration
DROP TABLE scheduler_runs;
