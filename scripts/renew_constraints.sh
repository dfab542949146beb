#!/bin/sh
# Writes constraints.txt anew from what pip chooses today for all requirements files: names and versions, nothing else.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    -r requirements.txt -r requirements-demo.txt -r requirements-test.txt -r requirements-molecule.txt
{
    echo "# Exact versions for requirements*.txt, as pip chose them. Written by scripts/renew_constraints.sh."
    "$work/venv/bin/pip" freeze --local | grep -E '^[A-Za-z0-9._-]+==[^ ]+$'
} > "$work/constraints.txt"
mv "$work/constraints.txt" constraints.txt
echo "constraints.txt holds $(grep -c == constraints.txt) versions"
