#!/usr/bin/env bash
# Asks the API whatever its description allows, and much that it does not, as an operator and as a developer. Fails when the
# description is no valid OpenAPI, or when any answer is a server error.
#   KLAMM_URL, KLAMM_STATE  a Klamm that runs already; without them a demo of its own is brought up
#   KLAMM_FUZZ_EXAMPLES     examples for each operation (default 50)
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/demo.sh
logs=$PWD/target/fuzz
api=$PWD/server/src/http/api/openapi.json
mkdir -p "$logs"
tools="${XDG_CACHE_HOME:-$HOME/.cache}/klamm/tools/schemathesis-4.32.5"
if [ ! -x "$tools/bin/schemathesis" ]; then
  echo "klamm: installing schemathesis 4.32.5 (once)" >&2
  python3 -m venv "$tools" || { echo "klamm: Python with venv is needed for this: apt-get install python3-venv" >&2; exit 1; }
  "$tools/bin/pip" --quiet install schemathesis==4.32.5 openapi-spec-validator==0.9.0
fi
"$tools/bin/openapi-spec-validator" "$api"
if [ -n "${KLAMM_URL:-}" ]; then
  url=$KLAMM_URL state=$KLAMM_STATE
else
  bring_up_demo "$logs" "${KLAMM_TEST_PORT:-3977}"
fi
for who in operator payments-dev; do
  echo "klamm: asking as $who"
  # The token goes in a file of options, not on the command line. A stream never ends, so it is not asked for.
  settings=$(mktemp)
  printf '[headers]\nAuthorization = "Bearer %s"\n' "$(cat "$state/tokens/$who")" >"$settings"
  # It keeps what it learned in the folder where it runs.
  (cd "$logs" && "$tools/bin/schemathesis" --config-file "$settings" run "$api" --url "$url" \
    --exclude-path /api/v1/events \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --max-examples "${KLAMM_FUZZ_EXAMPLES:-50}" --request-timeout 10 --no-color) | tee "$logs/$who.txt"
  rm -f "$settings"
done
