#!/usr/bin/env bash
# Install s3nav into .venv beside this file. Needs bash and Python 3.11+ with venv; safe to run twice.
#
# usage: ./setup.sh                 install s3nav and its demo, create the credential store
#        ./setup.sh --with EXTRAS   also install extras: api, mongo, parquet, scrape (comma-separated)
#        ./setup.sh --demo          install, then open the cockpit on the embedded demo S3
#        ./setup.sh --test          install what the tests need too, then run them
#        ./setup.sh --help
set -eu
script=$0
while [ -L "$script" ]; do # a symbolic link installs the checkout it points to
  target=$(readlink "$script")
  case $target in /*) script=$target ;; *) script=$(dirname "$script")/$target ;; esac
done
CDPATH="" cd -P "$(dirname "$script")"

EXTRAS="api mongo parquet scrape"

say() { printf '%s\n' "setup: $*"; }
fail() {
  printf '%s\n' "setup: $1" >&2
  shift
  for line in "$@"; do printf '%s\n' "       $line" >&2; done
  exit 1
}

# Exits 0 if the Python can be used, 3 if it is too old, 4 without venv; anything else: it does not run.
fitness() {
  "$1" -c '
import sys
if sys.version_info < (3, 11): sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)
' >/dev/null 2>&1
}

find_python() {
  too_old="" without_venv=""
  for python in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
    command -v "$python" >/dev/null 2>&1 || continue
    status=0
    fitness "$python" || status=$?
    case $status in
      0) return 0 ;;
      3) too_old=$("$python" --version 2>&1) ;;
      4) without_venv=$python ;;
    esac
  done
  if [ -n "$without_venv" ]; then
    version=$("$without_venv" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    fail "$without_venv cannot make environments: its venv package is missing. On Debian and Ubuntu:" \
      "sudo apt-get update && sudo apt-get install -y $version-venv"
  fi
  if [ -n "$too_old" ]; then
    fail "$too_old is too old; s3nav needs Python 3.11 or newer. Install it, then run this again:" \
      "Debian, Ubuntu: sudo apt-get install -y python3.11 python3.11-venv    macOS: brew install python" \
      "If you have one elsewhere: PYTHON=/path/to/python3.12 ./setup.sh"
  fi
  fail "no Python found. Install Python 3.11 or newer, then run this again:" \
    "Debian, Ubuntu: sudo apt-get install -y python3 python3-venv    macOS: brew install python"
}

# Where s3nav keeps its data; the program follows the same rules.
data_directory() {
  home=${HOME:-~}
  case $(uname -s) in
    Darwin) default="$home/Library/Application Support/s3nav" ;;
    *) default="${XDG_DATA_HOME:-$home/.local/share}/s3nav" ;;
  esac
  printf '%s' "${S3NAV_DATA_DIR:-$default}"
}

# can_write PATH: true if PATH, or the nearest existing directory above it, can be written.
can_write() {
  path=$1
  while [ ! -e "$path" ] && [ ! -L "$path" ]; do path=$(dirname "$path"); done
  [ -d "$path" ] && [ -w "$path" ]
}

check_directories() {
  can_write .venv || fail "cannot write to $PWD; copy the checkout to a directory you can write to"
  data=$(data_directory)
  can_write "$data" || fail "cannot write to the data directory $data; choose another one:" \
    "S3NAV_DATA_DIR=/path/to/directory ./setup.sh"
}

# ensurepip installs nothing while the directories of a broken pip are there.
repair_pip() {
  rm -rf .venv/lib/python*/site-packages/pip .venv/lib/python*/site-packages/pip-*.dist-info &&
    .venv/bin/python -m ensurepip --default-pip && .venv/bin/python -m pip --version
}

made_now=""
remove_half_made() {
  [ -z "$made_now" ] || rm -rf .venv
}

make_environment() {
  if [ -x .venv/bin/python ] && fitness .venv/bin/python; then
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then return 0; fi
    say "the pip of .venv is missing or broken; installing it again"
    if repair_pip >/dev/null 2>&1; then return 0; fi
  fi
  find_python
  say "making .venv with $("$python" --version 2>&1)"
  made_now=yes
  problem=$("$python" -m venv --clear .venv 2>&1) ||
    fail "cannot make .venv: $(printf '%s' "$problem" | tail -n 1)"
}

# install [EXTRA]…: does nothing if all of them are installed from these files in this directory.
# .venv/installed has two lines: what was installed, and with which extras.
install() {
  wanted="$PWD $(cat pyproject.toml constraints.txt | cksum)"
  earlier=$(sed -n 2p .venv/installed 2>/dev/null || true)
  extras=$earlier missing=""
  [ "$(sed -n 1p .venv/installed 2>/dev/null || true)" = "$wanted" ] || missing=all
  for extra in "$@"; do
    case " $earlier " in
      *" $extra "*) ;;
      *) extras="$extras${extras:+ }$extra" missing=some ;;
    esac
  done
  [ -n "$missing" ] || return 0
  say "installing s3nav with ${extras// /, }"
  log=$(mktemp "${TMPDIR:-/tmp}/s3nav-setup.XXXXXX")
  .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt \
    -e ".[${extras// /,}]" >"$log" 2>&1 || explain_failure "$log"
  rm -f "$log"
  printf '%s\n%s\n' "$wanted" "$extras" >.venv/installed.new
  mv .venv/installed.new .venv/installed
}

explain_failure() {
  if grep -q 'No space left on device' "$1"; then
    reason="the disk is full; free about 500 MB, then run this again"
  elif grep -q 'ConnectionError\|ConnectTimeout\|ReadTimeout\|ProxyError\|connection broken\|from versions: none' "$1"; then
    reason="the Python package index cannot be reached; check the network (and HTTPS_PROXY), then run this again"
  else
    reason=$(grep '^ERROR' "$1" | tail -n 1 | sed 's/^ERROR: *//')
    reason=${reason:-$(tail -n 1 "$1")}
  fi
  fail "cannot install: $reason" "the output of pip: $1"
}

make_files() {
  .venv/bin/python -c '
import os, sys
from s3nav.aws.credentials.app_store import create_example_store
from s3nav.model.errors import LocalDiskError
from s3nav.persistence import Directories
directories = Directories.of_user(os.environ.get("S3NAV_DATA_DIR"))
try:
    directories.create()
    if create_example_store(directories.credentials_file):
        print(f"setup: wrote {directories.credentials_file}; put your keys there, or use your AWS profiles")
except LocalDiskError as error:
    sys.exit(f"setup: {error.message}\n       {error.remedy}")
except OSError as error:
    sys.exit(f"setup: cannot create `{error.filename}`: {error.strerror}")
' || exit 1
}

extras=demo action=""
add_extras() {
  IFS=, read -r -a named <<<"$1"
  for extra in "${named[@]}"; do
    case " $EXTRAS demo " in
      *" $extra "*) extras="$extras $extra" ;;
      *) fail "no extra '$extra'; choose from: ${EXTRAS// /, }" ;;
    esac
  done
}
while [ $# -gt 0 ]; do
  case $1 in
    --demo) action=demo ;;
    --test) action=test extras="$extras dev" ;;
    --with)
      [ $# -gt 1 ] || fail "--with needs a list of extras: ${EXTRAS// /,}"
      add_extras "$2"
      shift
      ;;
    --with=*) add_extras "${1#--with=}" ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${script##*/}"; exit 0 ;;
    *) fail "unknown option $1" "./setup.sh --help lists the options" ;;
  esac
  shift
done

check_directories
trap remove_half_made EXIT
trap 'exit 130' INT TERM HUP
make_environment
# shellcheck disable=SC2086  # a list of words
install $extras
made_now=""
make_files
case $action in
  demo) exec .venv/bin/s3nav --demo ;;
  test) exec .venv/bin/python -m pytest -n auto ;;
  *) say "ready: .venv/bin/s3nav" ;;
esac
