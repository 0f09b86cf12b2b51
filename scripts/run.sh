#!/usr/bin/env bash
# Run Tally: installs and creates what is missing, then serves. Arguments go to `tally serve`.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

make_venv
install_requirements requirements.txt
exec "$VENV/bin/tally" serve "$@"
