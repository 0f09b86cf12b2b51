#!/usr/bin/env bash
# Run all tests with an embedded PostgreSQL, and write a coverage report to htmlcov/.
# Arguments go to pytest, for example: bash scripts/test.sh tests/core -k import
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

unset DATABASE_URL
exec bash scripts/tests-start.sh "$@"
