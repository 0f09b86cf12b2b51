#!/usr/bin/env bash
# Run all tests against the PostgreSQL that DATABASE_URL names; the tests make databases of their own
# there and drop them again. Without DATABASE_URL they start an embedded PostgreSQL.
# Arguments go to pytest.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
. scripts/chromium.sh

make_venv
install_requirements requirements-dev.txt
ensure_chromium
exec "$VENV/bin/python" -m pytest --cov --cov-report=term:skip-covered --cov-report=html "$@"
