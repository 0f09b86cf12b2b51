#!/usr/bin/env bash
# Run all tests on an embedded PostgreSQL of their own, with a coverage report in htmlcov/.
# Arguments go to pytest, for example: bash scripts/test.sh tests/core -k import
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

unset DATABASE_URL
exec bash scripts/tests-start.sh "$@"
