# Runs the jobs that a service of the app declares, in a container of that service's own image. It needs a POSIX sh and env,
# date, mv, rm and sleep, which busybox has too. Slipway hands it over whole, as the container's command.
#
# Arguments: DUE RESULTS PATIENCE, then for each job its name, the number of words of its command, and these words.
#   DUE       a folder that cron writes: JOB.due names the run that is due, by its time
#   RESULTS   a folder that this program writes: JOB.running while a job runs; JOB.done says how its last run ended, as
#             RUN ended|stopped|lost EXITCODE SECONDS
#   PATIENCE  how many seconds a running job may go on when the container is to stop, before it gets the signal itself
#
# A run begins once at most: its claim (JOB.running) is written before, and what a dead runner claimed is told as lost.

due=$1
results=$2
patience=$3
shift 3
stopping=
# No text has this byte: it parts the runner's own words from a line that a job did not end.
mark=$(printf '\001')
trap 'stopping=yes' TERM

# each ACTION JOB COUNT WORD... [JOB COUNT WORD...]...: calls ACTION for every job, with all the words from its name on.
each() {
  action=$1
  shift
  while [ $# -gt 0 ]; do
    "$action" "$@"
    shift $(($2 + 2))
  done
}

# first FILE: sets `word` to the first word of the file; to nothing when there is none.
first() {
  word=
  { read -r word rest <"$1"; } 2>/dev/null
}

# publish FILE TEXT: writes a line whole or not at all. Cron reads it as another user, whatever the image's umask is.
publish() {
  rm -f "$results/$1.new" &&
    (umask 022 && printf '%s\n' "$2" >"$results/$1.new") &&
    mv -f "$results/$1.new" "$results/$1"
}

# finish JOB RUN HOW EXITCODE SECONDS. On a full disk the run stays claimed until its end can be written down.
finish() {
  until publish "$1.done" "$2 $3 $4 $5"; do sleep 5; done
  rm -f "$results/$1.running"
}

# recover JOB ...: what a runner before this one has left half done is not begun again, since nobody knows how far it got.
recover() {
  [ -e "$results/$1.running" ] || return 0
  first "$results/$1.running"
  run=$word
  first "$results/$1.done"
  if [ -n "$run" ] && [ "$run" != "$word" ]; then
    printf '%s: the run of %s was cut off; it is not begun again\n' "$1" "$run"
    finish "$1" "$run" lost 0 0
  fi
  rm -f "$results/$1.running"
}

# look JOB COUNT WORD...: starts a job that is due, unless it still runs or that very run is done.
look() {
  [ -e "$results/$1.running" ] && return 0
  first "$due/$1.due"
  run=$word
  [ -n "$run" ] || return 0
  first "$results/$1.done"
  [ "$run" = "$word" ] || start "$run" "$@"
}

# start RUN JOB COUNT WORD...: begins the run beside everything else.
start() {
  run=$1
  job=$2
  count=$3
  shift 3
  # The job's own words move behind those of other jobs, which then go.
  others=$(($# - count))
  while [ "$count" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    count=$((count - 1))
  done
  shift "$others"
  publish "$job.running" "$run" || return 0
  # In a subshell: this shell would remember the end of every run for as long as it lives.
  (work "$job" "$run" "$@" 2>&1 | prefix "$job" &)
}

# work JOB RUN WORD...: one run from beginning to end.
work() {
  job=$1
  run=$2
  shift 2
  how=ended
  # A handler, other than ignoring a signal, is not passed on: the command gets the signal as it would anywhere.
  trap 'how=stopped' TERM
  began=$(date +%s)
  printf '%sbegins (%s)\n' "$mark" "$run"
  env SLIPWAY_JOB="$job" SLIPWAY_JOB_RUN="$run" "$@"
  code=$?
  [ "$code" -eq 0 ] && how=ended
  now=$(date +%s)
  printf '%s%s with exit code %s after %s s\n' "$mark" "$how" "$code" "$((now - began))"
  finish "$job" "$run" "$how" "$code" "$((now - began))"
}

# prefix JOB: says which job each line is from.
prefix() {
  trap '' TERM
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      *?"$mark"*) tell "$1" "${line%"$mark"*}" ;;
    esac
    tell "$1" "${line##*"$mark"}"
  done
}

# tell JOB LINE: a line of JSON stays as it is, or nobody could read it as one.
tell() {
  case $2 in
    '{'*) printf '%s\n' "$2" ;;
    *) printf '%s: %s\n' "$1" "$2" ;;
  esac
}

name() {
  names="$names $1"
}

is_busy() {
  [ -e "$results/$1.running" ] && busy="$busy $1"
}

names=
each name "$@"
each recover "$@"
printf 'waiting for jobs to be due:%s\n' "$names"
while [ -z "$stopping" ]; do
  each look "$@"
  sleep 1 &
  [ -n "$stopping" ] || wait $!
done

busy=
each is_busy "$@"
[ -z "$busy" ] || printf 'to stop; has up to %s s to end by itself:%s\n' "$patience" "$busy"
while [ -n "$busy" ] && [ "$patience" -gt 0 ]; do
  sleep 1
  patience=$((patience - 1))
  busy=
  each is_busy "$@"
done

# To everything that was begun here: it is all in one process group.
trap '' TERM
kill -TERM 0
while [ -n "$busy" ]; do
  sleep 1
  busy=
  each is_busy "$@"
done
