#!/usr/bin/env bash
# Write what Tally is made of, as CycloneDX in JSON, from the pinned requirements alone: it asks nobody.
#   bash scripts/sbom.sh [sbom.json]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

exec "$VENV/bin/cyclonedx-py" requirements requirements.txt --pyproject pyproject.toml \
    --output-reproducible --output-format JSON --output-file "${1:-sbom.json}"
