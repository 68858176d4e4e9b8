#!/bin/sh
# Walks through a running Klamm in a real browser. Arguments go to the runner, such as the name of one journey.
#   KLAMM_URL    where it answers (default http://127.0.0.1:$KLAMM_PORT)
#   KLAMM_STATE  its state folder: the demo's password, and the command line that stops and starts nodes (default .klamm)
#   CHROMIUM     the browser (default /usr/bin/chromium)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
state=${KLAMM_STATE:-.klamm}
case $state in /*) ;; *) state=$root/$state ;; esac
export KLAMM_STATE="$state"
export KLAMM_URL="${KLAMM_URL:-http://127.0.0.1:${KLAMM_PORT:-3000}}"
"$root/end2end/install.sh"
cd "$root/end2end"
exec node_modules/.bin/playwright test "$@"
