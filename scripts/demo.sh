#!/bin/sh
# Starts the emulated account on 127.0.0.1, runs cost_hygiene.yml on it, and stops it again. Arguments go to ansible-playbook.
# DEMO_PYTHON and DEMO_PLAYBOOK name the programs (default: those of .venv).
set -eu
cd "$(dirname "$0")/.."
python=${DEMO_PYTHON:-.venv/bin/python}
ansible_playbook=${DEMO_PLAYBOOK:-.venv/bin/ansible-playbook}
work=$(mktemp -d)
emulator=""

stop() {
    if [ -n "$emulator" ]; then
        kill "$emulator" 2>/dev/null || true
        wait "$emulator" 2>/dev/null || true
        echo "==> the emulated account is stopped"
    fi
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "==> starting the emulated account (moto, 17 regions, made-up resources; nothing of yours is touched)"
"$python" -u -m tests.emulator --port 0 --scale demo --ready-file "$work/ready" >"$work/log" 2>&1 &
emulator=$!
waited=0
until [ -e "$work/ready" ]; do
    if ! kill -0 "$emulator" 2>/dev/null || [ "$waited" -ge 600 ]; then
        echo "The emulated account did not come up. It said:" >&2
        cat "$work/log" >&2
        exit 1
    fi
    sleep 0.1
    waited=$((waited + 1))
done
url=$(sed -n 's#^listening on \(http://127\.0\.0\.1:[0-9]*\).*#\1#p' "$work/log" | head -n 1)
if [ -z "$url" ]; then
    echo "The emulated account did not say where it listens." >&2
    exit 1
fi
echo "==> it listens on $url"

# No credential, profile, proxy or endpoint of the caller's may send a demo to a real account.
for name in $(env | sed -n 's/^\(AWS_[A-Za-z0-9_]*\)=.*/\1/p; s/^\(EC2_[A-Za-z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export AWS_ENDPOINT_URL="$url" AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export ANSIBLE_CALLBACKS_ENABLED=sysops.aws.progress

echo "==> ansible-playbook playbooks/cost_hygiene.yml $*"
"$ansible_playbook" playbooks/cost_hygiene.yml "$@"
