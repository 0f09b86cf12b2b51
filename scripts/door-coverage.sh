#!/usr/bin/env bash
# Run after scripts/test.sh: requires that tests cover every branch of the rooms that decide on access.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

rooms="core/access core/sign_in dashboard/auth dashboard/sign_in"
modules="core/manage/row_editor core/manage/users core/provision/db_roles core/sso_providers
    dashboard/limits/fair_queue dashboard/web/allowed_hosts dashboard/web/bounded_client dashboard/web/own_paths
    dashboard/web/security_headers dashboard/websockets/connections"
files=""
for room in $rooms; do files="$files,$room/*"; done
for name in $modules; do files="$files,$name.py"; done
exec "$VENV/bin/coverage" report --include="${files#,}" --show-missing --fail-under=100
