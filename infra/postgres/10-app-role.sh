#!/bin/sh
# Makes the app's role and database at the first start. The role is no superuser; it owns its database and the public
# schema, without which an app can create no tables (since Postgres 15). The password never stands in an argument, and
# the statement that holds it is kept out of the server's log.
set -eu

psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username postgres --dbname postgres \
  -v role="$APP_ROLE" -v database="$APP_DATABASE" <<'SQL'
\set password `cat /run/secrets/DB_PASSWORD`
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"role";
\connect :"database"
ALTER SCHEMA public OWNER TO :"role";
SQL
