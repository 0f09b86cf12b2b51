#!/usr/bin/env bash
# After scripts/test.sh: who comes in is decided here, so every branch of it has to have been run.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

core="account actors browsers endings grants identities passwords providers security sessions
    sign_in_requests sign_ins superusers throttle tokens users"
dashboard="bearer bounded_http connections cookies fair_queue gate headers hosts openid session sign_in
    sign_in_page sign_in_queue single_sign_on visitors"
files=""
for name in $core; do files="$files,core/$name.py"; done
for name in $dashboard; do files="$files,dashboard/$name.py"; done
exec "$VENV/bin/coverage" report --include="${files#,}" --show-missing --fail-under=100
