# shellcheck shell=sh
# Installs, configures or removes the CloudWatch agent on this host, if it is not as wanted already. POSIX shell.
#
# The role puts these settings before it:
#   STATE             present or absent
#   VERSION           a version, or latest: then an agent that is there is left as it is
#   SOURCE            where the packages are, in AWS's own layout: https://... or s3://bucket/prefix
#   SIGNED            yes to verify the package's detached signature with the key whose fingerprint is FINGERPRINT
#   CHECKSUMS         sha256 of packages, each as distribution/architecture=sum
#   CONFIG_SOURCE     where the configuration is: https://..., s3://..., or base64:...
#   MODE              ec2 or onPremise
# The last line of the output tells what was done; nothing that may be a presigned URL is ever shown.
set -eu

AGENT_HOME=${AGENT_HOME:-/opt/aws/amazon-cloudwatch-agent}
# fetch-config moves its source away, so that an own copy is kept to compare with
STATE_DIR=${STATE_DIR:-/var/lib/sysops-aws/cloudwatch-agent}
CTL=$AGENT_HOME/bin/amazon-cloudwatch-agent-ctl
KEPT=$STATE_DIR/config.json
MEGABYTES_NEEDED=500

fail() {
    echo "cloudwatch-agent: failed: $*" >&2
    exit 1
}

work=$(mktemp -d) || fail "no temporary directory could be made"
trap 'rm -rf "$work"' EXIT

sum() {
    sha256sum "$1" | cut -d ' ' -f 1
}

# One value of the agent's status, which is JSON; empty where there is no agent.
status() {
    [ -x "$CTL" ] || return 0
    "$CTL" -m "$MODE" -a status 2>/dev/null | sed -n "s/.*\"$1\" *: *\"\\([^\"]*\\)\".*/\\1/p" | head -n 1
}

# fetch SOURCE FILE WORDS
fetch() {
    case $1 in
    base64:*)
        printf '%s' "${1#base64:}" | base64 -d >"$2" || fail "$3 is no base64"
        ;;
    s3://*)
        command -v aws >/dev/null || fail "$3 is in S3, and this host has no AWS CLI: use an https source or install it"
        aws s3 cp --only-show-errors "$1" "$2" >"$work/log" 2>&1 ||
            fail "$3 could not be read from S3: $(tail -n 1 "$work/log")"
        ;;
    *)
        # the URL is no argument, since arguments are seen by all users of the host
        if command -v curl >/dev/null; then
            printf 'url = "%s"\n' "$1" | curl -fsSL --retry 2 -o "$2" -K - 2>"$work/log" ||
                fail "$3 could not be downloaded: $(tail -n 1 "$work/log")"
        elif command -v wget >/dev/null; then
            printf '%s\n' "$1" | wget -q -O "$2" -i - || fail "$3 could not be downloaded by wget"
        else
            fail "$3 can't be downloaded: this host has neither curl nor wget"
        fi
        ;;
    esac
    [ -s "$2" ] || fail "$3 is empty"
}

distribution() {
    # shellcheck source=/dev/null
    . /etc/os-release
    case " $ID ${ID_LIKE:-} " in
    *" amzn "*) echo amazon_linux rpm ;;
    *" ubuntu "*) echo ubuntu deb ;;
    *" debian "*) echo debian deb ;;
    *" suse "* | *" sles "*) echo suse rpm ;;
    *" rhel "* | *" fedora "* | *" centos "*) echo redhat rpm ;;
    *) fail "the distribution $ID is not supported: Amazon Linux, Debian, Ubuntu, RHEL, Fedora and SUSE are" ;;
    esac
}

architecture() {
    case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) fail "the architecture $(uname -m) is not supported: x86_64 and aarch64 are" ;;
    esac
}

# verify PACKAGE PLACE
verify() {
    for entry in $CHECKSUMS; do
        [ "${entry%%=*}" != "$2" ] || [ "${entry#*=}" = "$(sum "$1")" ] ||
            fail "the sha256 of the package for $2 is $(sum "$1"), wanted is ${entry#*=}: nothing was installed"
    done
    [ "$SIGNED" = yes ] || return 0
    command -v gpg >/dev/null ||
        fail "the signature can't be verified, since this host has no gpg: nothing was installed"
    fetch "$SOURCE/assets/amazon-cloudwatch-agent.gpg" "$work/key" "the public key"
    fetch "$SOURCE/$2/$VERSION/amazon-cloudwatch-agent.$kind.sig" "$1.sig" "the package's signature"
    mkdir "$work/gpg"
    gpg --homedir "$work/gpg" --batch --quiet --import "$work/key" >"$work/log" 2>&1 ||
        fail "the public key could not be read: $(tail -n 1 "$work/log")"
    gpg --homedir "$work/gpg" --batch --status-fd 1 --verify "$1.sig" "$1" 2>/dev/null |
        grep -q "^\[GNUPG:\] VALIDSIG .*$FINGERPRINT" ||
        fail "the package for $2 has no valid signature of the key $FINGERPRINT: nothing was installed"
}

enough_space() {
    free=$(df -Pk /opt 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
    [ "${free:-$MEGABYTES_NEEDED}" -ge "$MEGABYTES_NEEDED" ] ||
        fail "/opt has $free MB free, the agent needs $MEGABYTES_NEEDED: nothing was installed"
}

install_package() {
    found=$(distribution)
    kind=${found#* }
    place=${found% *}/$(architecture)
    package=$work/amazon-cloudwatch-agent.$kind
    enough_space
    fetch "$SOURCE/$place/$VERSION/amazon-cloudwatch-agent.$kind" "$package" \
        "the package of version $VERSION for $place"
    verify "$package" "$place"
    if [ "$kind" = deb ]; then
        dpkg -i -E "$package" >"$work/log" 2>&1
    else
        rpm -U --oldpackage --replacepkgs "$package" >"$work/log" 2>&1
    fi || fail "the package could not be installed: $(tail -n 3 "$work/log")"
}

version_is_wanted() {
    installed=$(status version)
    case $installed in
    "") return 1 ;;
    "$VERSION" | "$VERSION"b* | "$VERSION"-*) return 0 ;;
    *) [ "$VERSION" = latest ] ;;
    esac
}

apply_config() {
    # the agent takes the file that it is given away
    cp "$1" "$work/fetched.json"
    "$CTL" -a fetch-config -m "$MODE" -c "file:$work/fetched.json" -s >"$work/log" 2>&1
}

configure() {
    if ! apply_config "$work/config.json"; then
        reason=$(tail -n 3 "$work/log")
        [ ! -s "$KEPT" ] || apply_config "$KEPT" || true
        fail "the agent refused the configuration: $reason"
    fi
    [ "$(status status)" = running ] || fail "the agent is $(status status) and not running: see $AGENT_HOME/logs"
    mkdir -p "$STATE_DIR"
    chmod 700 "$STATE_DIR"
    cp "$work/config.json" "$KEPT"
}

present() {
    done=unchanged
    fetch "$CONFIG_SOURCE" "$work/config.json" "the configuration"
    if ! version_is_wanted; then
        install_package
        done=changed
    fi
    if [ "$done" = changed ] || ! cmp -s "$work/config.json" "$KEPT" ||
        [ "$(status status)" != running ] || [ "$(status configstatus)" != configured ]; then
        configure
        done=changed
    fi
    echo "cloudwatch-agent: $done version=$(status version) config=$(sum "$KEPT" | cut -c 1-12)"
}

absent() {
    if [ ! -x "$CTL" ] && [ ! -e "$KEPT" ]; then
        echo "cloudwatch-agent: unchanged version=none config=none"
        return
    fi
    if [ -x "$CTL" ]; then
        "$CTL" -m "$MODE" -a stop >"$work/log" 2>&1 || fail "the agent could not be stopped: $(tail -n 3 "$work/log")"
        if command -v dpkg >/dev/null && dpkg -s amazon-cloudwatch-agent >/dev/null 2>&1; then
            dpkg -r amazon-cloudwatch-agent >"$work/log" 2>&1
        else
            rpm -e amazon-cloudwatch-agent >"$work/log" 2>&1
        fi || fail "the package could not be removed: $(tail -n 3 "$work/log")"
    fi
    rm -f "$KEPT"
    echo "cloudwatch-agent: changed version=none config=none"
}

"$STATE"
