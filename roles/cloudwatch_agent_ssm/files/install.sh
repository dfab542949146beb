# shellcheck shell=sh
# Installs, configures or removes the CloudWatch agent on this host, if it is not as wanted already. POSIX shell.
#
# The role puts the functions of cloudwatch_agent/files/linux/agent.sh and these settings before it:
#   STATE             present or absent
#   VERSION           a version, or latest: then an agent that is there is left as it is
#   SOURCE            where the packages are, in AWS's own layout: https://... or s3://bucket/prefix
#   SIGNED            yes to verify the package's detached signature with the key whose fingerprint is FINGERPRINT
#   CHECKSUMS         sha256 of packages, each as distribution/architecture=sum
#   CONFIG_SOURCE     where the configuration is: https://..., s3://..., or base64:...
#   MODE              ec2 or onPremise
# The last line of the output tells what was done; nothing that may be a presigned URL is ever shown.
set -eu

# what the agent was given last, to compare with
STATE_DIR=${STATE_DIR:-/var/lib/sysops-aws/cloudwatch-agent}
CTL=$AGENT_HOME/bin/amazon-cloudwatch-agent-ctl
KEPT=$STATE_DIR/config.json
MEGABYTES_NEEDED=500
# how many seconds the service may take to start; it has to run for 10 more
START_SECONDS=60

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

# verify PACKAGE PLACE VERSION CHECKSUMS
verify() {
    for entry in $4; do
        [ "${entry%%=*}" != "$2" ] || [ "${entry#*=}" = "$(sum "$1")" ] ||
            fail "the sha256 of the package for $2 is $(sum "$1"), wanted is ${entry#*=}: nothing was installed"
    done
    [ "$SIGNED" = yes ] || return 0
    command -v gpg >/dev/null ||
        fail "the signature can't be verified, since this host has no gpg: nothing was installed"
    fetch "$SOURCE/assets/amazon-cloudwatch-agent.gpg" "$work/key" "the public key"
    fetch "$SOURCE/$2/$3/amazon-cloudwatch-agent.$kind.sig" "$1.sig" "the package's signature"
    mkdir -p "$work/gpg"
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

# install_package VERSION CHECKSUMS
install_package() {
    found=$(distribution)
    kind=${found#* }
    place=${found% *}/$(architecture)
    package=$work/amazon-cloudwatch-agent.$kind
    enough_space
    fetch "$SOURCE/$place/$1/amazon-cloudwatch-agent.$kind" "$package" "the package of version $1 for $place"
    verify "$package" "$place" "$1" "$2"
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

# Gives the agent the configuration and starts it with that; prints what is wrong, and ends with 1 then.
apply_config() {
    cp "$work/config.json" "$work/fetched.json"
    if ! said=$(agent_call -a fetch-config -m "$MODE" -c "file:$work/fetched.json"); then
        echo "the agent refused the configuration: $said"
        return 1
    fi
    mark=$(agent_mark)
    if ! said=$(agent_call -a stop && agent_call -a start -m "$MODE"); then
        echo "the agent does not start: $said"
        return 1
    fi
    said=$(agent_wait "$START_SECONDS") && return 0
    # shellcheck disable=SC2086 # two words
    logged=$(agent_last_errors $mark)
    echo "the agent does not keep running with the configuration: $said. ${logged:+It logged: }${logged:-See $(agent_log)}"
    return 1
}

# Restores the former configuration, and the former version where this run replaced it; prints what it did.
restore() {
    if [ -n "$former" ] && [ "$former" != "$(status version)" ]; then
        if (install_former) >"$work/former" 2>&1; then
            echo " The former version $former is installed again."
        else
            echo " The former version $former could not be installed again:" \
                "$(sed 's/^cloudwatch-agent: failed: //' "$work/former" | agent_reason)."
        fi
    fi
    agent_call -a stop >/dev/null || true
    # all that the agent was given, and what it made of that
    find "$AGENT_HOME/etc/" -mindepth 1 -delete
    cp -a "$work/etc/." "$AGENT_HOME/etc/"
    if [ "$was_running" = running ]; then agent_call -a start -m "$MODE" >/dev/null || true; fi
    echo " The former configuration is restored."
}

install_former() {
    [ "$SIGNED" = yes ] || fail "without its signature nothing verifies it"
    # the checksums are of the other version
    install_package "$former" ""
}

configure() {
    cp -a "$AGENT_HOME/etc" "$work/etc"
    if ! reason=$(apply_config); then
        fail "$reason.$(restore | tr -d '\n')"
    fi
    mkdir -p "$STATE_DIR"
    chmod 700 "$STATE_DIR"
    cp "$work/config.json" "$KEPT"
}

present() {
    done=unchanged
    fetch "$CONFIG_SOURCE" "$work/config.json" "the configuration"
    former=$(status version)
    was_running=$(status status)
    if ! version_is_wanted; then
        install_package "$VERSION" "$CHECKSUMS"
        done=changed
    fi
    if [ "$done" = changed ] || ! cmp -s "$work/config.json" "$KEPT" ||
        [ "$(status status)" != running ] || [ "$(status configstatus)" != configured ] ||
        ! agent_wait "$START_SECONDS" >/dev/null; then
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
