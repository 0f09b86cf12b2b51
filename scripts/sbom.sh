#!/usr/bin/env bash
# Write Tally's bill of materials as CycloneDX JSON, from the pinned requirements, without a network.
#   bash scripts/sbom.sh [sbom.json]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

exec "$VENV/bin/cyclonedx-py" requirements requirements.txt --pyproject pyproject.toml \
    --output-reproducible --output-format JSON --output-file "${1:-sbom.json}"
