#!/bin/sh
# Makes the cluster at the first start, then runs the given command.
#
# Environment, each also as X_FILE (a file that holds the value):
#   POSTGRES_PASSWORD   the superuser's password (needed)
#   POSTGRES_USER       the superuser's name (postgres)
#   POSTGRES_DB         a database to create (the user's name)
# POSTGRES_INITDB_ARGS: further arguments of initdb, separated by spaces.
# /docker-entrypoint-initdb.d/*.sql and *.sh run once, after that, in the order of their names.
set -eu

value() { # value NAME DEFAULT: the variable, or the content of the file that NAME_FILE names
  eval "direct=\${$1:-}; file=\${$1_FILE:-}"
  if [ -n "$direct" ] && [ -n "$file" ]; then
    echo "entrypoint: set $1 or $1_FILE, not both" >&2
    exit 1
  fi
  if [ -n "$file" ]; then cat "$file"; else printf '%s' "${direct:-$2}"; fi
}

create_cluster() {
  user=$(value POSTGRES_USER postgres)
  database=$(value POSTGRES_DB "$user")
  password=$(value POSTGRES_PASSWORD '')
  if [ -z "$password" ]; then
    echo 'entrypoint: POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE has to be set for a new cluster' >&2
    exit 1
  fi

  # The cluster grows beside its final place and is renamed at the very end: an interrupted first start leaves nothing
  # that the next one could mistake for a database.
  building="$PGDATA.building"
  rm -rf "$building"
  mkdir -p "$building"
  # shellcheck disable=SC2086 # the arguments are split on purpose
  printf '%s\n' "$password" | initdb --pgdata "$building" --username "$user" --pwfile /dev/stdin \
    --encoding UTF8 --auth-local trust --auth-host scram-sha-256 --data-checksums ${POSTGRES_INITDB_ARGS:-}
  printf '\nhost all all all scram-sha-256\n' >> "$building/pg_hba.conf"
  printf "listen_addresses = '*'\n" >> "$building/postgresql.conf"

  # A server on the socket only: nobody connects from outside before the database is complete.
  pg_ctl --pgdata "$building" --wait --silent -o "-c listen_addresses='' -c fsync=off" start
  if [ "$database" != postgres ]; then createdb --username "$user" --owner "$user" -- "$database"; fi
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
      *.sql) psql --no-psqlrc -v ON_ERROR_STOP=1 --username "$user" --dbname "$database" --file "$script" ;;
      *.sh) PGUSER="$user" PGDATABASE="$database" sh -eu "$script" ;;
    esac
  done
  pg_ctl --pgdata "$building" --wait --mode fast --silent stop
  sync
  mv -T "$building" "$PGDATA"
}

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then create_cluster; fi
exec "$@"
