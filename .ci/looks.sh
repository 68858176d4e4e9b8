#!/usr/bin/env bash
# Every journey, with axe on every page in every theme and width, through a demo of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/demo.sh
mkdir -p target/looks
bring_up_demo target/looks "${KLAMM_TEST_PORT:-3977}"
KLAMM_EVERY_LOOK=1 KLAMM_STATE=$state KLAMM_URL=$url end2end/run.sh --project journeys
