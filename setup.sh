#!/usr/bin/env bash
# Install s3nav into .venv beside this file. Needs bash and Python 3.11+ with venv; safe to run twice.
#
# usage: ./setup.sh            install, create the credential store and the data directory
#        ./setup.sh --demo     also open the cockpit on the embedded demo S3
#        ./setup.sh --test     also run the tests; skipped suites say why
#        ./setup.sh --help
set -eu
cd "$(dirname "$0")"

say() { printf '%s\n' "setup: $*"; }
fail() {
  printf '%s\n' "setup: $1" >&2
  shift
  for line in "$@"; do printf '%s\n' "       $line" >&2; done
  exit 1
}

# 0 fit, 3 too old, 4 without venv, anything else: not a Python that runs.
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
    fail "$without_venv cannot make environments: its venv package is missing; on Debian and Ubuntu:" \
      "sudo apt-get update && sudo apt-get install -y $version-venv"
  fi
  if [ -n "$too_old" ]; then
    fail "$too_old is too old; s3nav needs Python 3.11 or newer. Install one, then run this again:" \
      "Debian, Ubuntu: sudo apt-get install -y python3.11 python3.11-venv    macOS: brew install python" \
      "or name one: PYTHON=/path/to/python3.12 ./setup.sh"
  fi
  fail "no Python found. Install Python 3.11 or newer, then run this again:" \
    "Debian, Ubuntu: sudo apt-get install -y python3 python3-venv    macOS: brew install python"
}

make_environment() {
  if [ -x .venv/bin/python ] && fitness .venv/bin/python; then return 0; fi
  find_python
  say "making .venv with $("$python" --version 2>&1)"
  "$python" -m venv --clear .venv || fail "cannot make .venv, see above"
}

# install EXTRAS: nothing when the same was installed before from the same files at the same place.
install() {
  wanted="$PWD $(cat pyproject.toml constraints.txt | cksum)"
  stamp=".venv/installed${1:+-$1}"
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi
  say "installing s3nav${1:+ with extra $1}"
  .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt \
    -e ".${1:+[$1]}" >.venv/install.log 2>&1 || {
    cat .venv/install.log >&2
    fail "cannot install, see above; a network connection to a Python package index is needed once"
  }
  printf '%s' "$wanted" >"$stamp"
}

make_files() {
  .venv/bin/python -c '
import os
from s3nav.aws.own_store import create_example_store
from s3nav.store import Directories
directories = Directories.of_user(os.environ.get("S3NAV_DATA_DIR"))
directories.create()
if create_example_store(directories.credentials_file):
    print(f"setup: wrote {directories.credentials_file}: put your keys there, or use your AWS profiles")
' || fail "cannot create the data directory, see above"
}

extra="" action=""
for argument in "$@"; do
  case $argument in
    --demo) extra=demo action=demo ;;
    --test) extra=dev action=test ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown option $argument" "./setup.sh --help lists them" ;;
  esac
done

make_environment
install "$extra"
make_files
case $action in
  demo) exec .venv/bin/s3nav --demo ;;
  test) exec .venv/bin/python -m pytest -n auto ;;
  *) say "ready: .venv/bin/s3nav" ;;
esac
