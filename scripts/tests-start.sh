#!/usr/bin/env bash
# Run all tests with the PostgreSQL of DATABASE_URL; the tests create their own databases there and
# drop them again. Without DATABASE_URL they start an embedded PostgreSQL.
# Arguments go to pytest. Files of tests run side by side, two a core and at most eight (tests/conftest.py);
# `-n 0` runs them one after the other, as a debugger needs it. `COVERAGE=doors` measures no more than
# scripts/door-coverage.sh asks for, because Python up to 3.13 runs half as fast while it is measured.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
. scripts/chromium.sh

make_venv
install_requirements requirements-dev.txt
ensure_chromium
reports="--cov-report=term:skip-covered --cov-report=html"
[ "${COVERAGE:-}" != doors ] || reports="--cov-report="
# shellcheck disable=SC2086 # two words
exec "$VENV/bin/python" -m pytest -n auto --dist loadfile --no-loadscope-reorder --cov $reports "$@"
