# The assets of releases: files with a hash of their content in their names, of which a page that was loaded from an older
# release still wants its own. Read by bin/edge.
#
#   assets/releases/RELEASE/SERVICE/PATH   those of one release
#   assets/all/SERVICE/PATH                those of all of them, as hard links; of one name the newest release's
#
# A set first looks whether the file is its own release's, and then asks the app for it; other files come from `all`. That is
# one place for every worker: those of the old set have the files of the new release before the first page names them.

ASSETS="$STATE/assets"

# Unpacks stdin beside and renames it, so that a run that is killed leaves nothing half. The lock is not held meanwhile.
assets() {
  token=$1
  release=$2
  shift
  plain_names "$@"
  take_turn
  accept_token "$token"
  mkdir -p "$ASSETS/releases"
  forget_assets_but "$@"
  rm -rf "$ASSETS"/new-*
  new=$(mktemp -d "$ASSETS/new-XXXXXXXX")
  end_turn
  nice tar -x --no-same-owner -C "$new" || { rm -rf "$new"; fail 65 'the assets on stdin could not be unpacked'; }
  # It comes last: tar takes an archive that was cut off between two files for a whole one.
  [ -s "$new/kept.json" ] || { rm -rf "$new"; fail 65 'the assets on stdin are not whole'; }
  [ -z "$(find "$new" ! -type f ! -type d -print -quit)" ] || { rm -rf "$new"; fail 65 'the assets hold more than files and folders'; }
  sync -f "$new"
  take_turn
  accept_token "$token"
  rm -rf "$ASSETS/releases/$release"
  mv -T "$new" "$ASSETS/releases/$release"
  gather_assets
}

retain() {
  token=$1
  shift
  plain_names "$@"
  take_turn
  accept_token "$token"
  [ -d "$ASSETS/releases" ] || return 0
  forget_assets_but "$@"
  gather_assets
}

plain_names() {
  for name; do
    case "$name" in '' | .* | *[!A-Za-z0-9._-]*) fail 64 "the name of a release was expected, got '$name'" ;; esac
  done
}

# Whatever the deployer says, what a set names that is live or that can be gone back to stays.
forget_assets_but() {
  for dir in "$ASSETS"/releases/*; do
    [ -d "$dir" ] || continue
    for release_kept; do [ "${dir##*/}" != "$release_kept" ] || continue 2; done
    ! grep -qsF -e "/${dir##*/}/" "$STATE"/live/*.conf "$STATE"/previous/*.conf || continue
    rm -rf "$dir"
  done
}

gather_assets() {
  all=$(mktemp -d "$ASSETS/all-XXXXXXXX")
  for name in $(ls -tr "$ASSETS/releases"); do
    # Where one release has a file and another one a folder of that name, the older one's stays.
    cp -Rlf "$ASSETS/releases/$name/." "$all" || echo "edge: not all assets of $name could be kept" >&2
  done
  point "$ASSETS/all" "$all"
  for dir in "$ASSETS"/all-*; do [ "$dir" = "$all" ] || rm -rf "$dir"; done
}
