# shellcheck shell=sh
# Questions to the CloudWatch agent on a host, for the roles cloudwatch_agent and cloudwatch_agent_ssm. POSIX shell.
# Changes nothing; prints nothing that may be a password, a key or a signed URL.
AGENT_HOME=${AGENT_HOME:-/opt/aws/amazon-cloudwatch-agent}
AGENT_UNIT=amazon-cloudwatch-agent.service
# For how many seconds one process has to run: the agent dies of some configurations seconds after its start.
AGENT_STABLE=${AGENT_STABLE:-10}
# The same where systemd has started it again by itself, which its unit does a minute after it died.
AGENT_STABLE_AFTER_RESTART=${AGENT_STABLE_AFTER_RESTART:-60}

# What systemd says of the unit, into variables. NRestarts is unknown to systemd before 235.
agent_look() {
    agent_shown=$(systemctl show -p ActiveState -p SubState -p MainPID -p NRestarts "$AGENT_UNIT" 2>/dev/null) || true
    agent_active=$(agent_shown_value ActiveState)
    agent_sub=$(agent_shown_value SubState)
    agent_pid=$(agent_shown_value MainPID)
    agent_restarts=$(agent_shown_value NRestarts)
    agent_restarts=${agent_restarts:-0}
    agent_age=$(agent_seconds "${agent_pid:-0}")
}

agent_shown_value() {
    printf '%s\n' "$agent_shown" | sed -n "s/^$1=//p"
}

# agent_seconds PID: for how long a process has run. Its start and the uptime both count the time of a suspended host.
agent_seconds() {
    ticks=$(sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20)
    awk -v ticks="$ticks" -v hertz="$(getconf CLK_TCK)" '{ print ticks == "" ? 0 : int($1 - ticks / hertz) }' /proc/uptime
}

# Ends with 0 where the agent runs stably, with 75 where that is not known yet, and with 1 where it has died or is
# stopped; says how it is.
agent_stable() {
    agent_look
    words="it is ${agent_active:-unknown to systemd} (${agent_sub:-none})"
    [ "${agent_pid:-0}" -eq 0 ] || words="$words with a process of ${agent_age} s"
    [ "$agent_restarts" -eq 0 ] || words="$words, and systemd has started it again $agent_restarts times"
    echo "$words"
    case $agent_active/$agent_sub in
    active/running) ;;
    activating/auto-restart) return 1 ;;
    activating/* | active/* | reloading/*) return 75 ;;
    *) return 1 ;;
    esac
    needed=$AGENT_STABLE
    [ "$agent_restarts" -eq 0 ] || needed=$AGENT_STABLE_AFTER_RESTART
    [ "$agent_age" -ge "$needed" ] || return 75
}

# agent_wait SECONDS: the same, once it is known, or after so many seconds and what stability takes.
agent_wait() {
    left=$(($1 + AGENT_STABLE_AFTER_RESTART))
    while :; do
        code=0
        agent_now=$(agent_stable) || code=$?
        if [ "$code" -ne 75 ] || [ "$left" -le 0 ]; then break; fi
        sleep 1
        left=$((left - 1))
    done
    echo "$agent_now"
    return "$code"
}

# agent_call ARGUMENTS: amazon-cloudwatch-agent-ctl, of which a refusal alone is printed, as agent_reason has it.
agent_call() {
    if ! agent_said=$("$AGENT_HOME/bin/amazon-cloudwatch-agent-ctl" "$@" 2>&1 </dev/null); then
        printf '%s\n' "$agent_said" | agent_reason
        return 1
    fi
}

# The agent's own reasons in what it printed (stdin), in one line of 600 characters at most; else its last lines.
agent_reason() {
    text=$(agent_without_secrets)
    lines=$(printf '%s\n' "$text" | agent_errors | head -n 8)
    [ -n "$lines" ] || lines=$(printf '%s\n' "$text" | grep -v '^[[:space:]]*$' | tail -n 3 || true)
    printf '%s\n' "$lines" | agent_line
}

# The lines with an error, each once. Not all of them have a level, and one of another level may quote a failure.
agent_errors() {
    grep -E '(^|[^[:alnum:]])E! |Under path|path of the error|panic: |[Ff]ail(ed)? to |Unable to determine aws-region' |
        grep -Ev '\| *Info *:|(^|[0-9Z] )[DIW]! ' | awk '!seen[$0]++' || true
}

agent_line() {
    tr -s ' \t\r' ' ' | sed -e 's/^ //' -e 's/ $//' | awk '
        $0 != "" { line = line (line == "" ? "" : "; ") $0 }
        END { if (line != "") print (length(line) > 600 ? substr(line, 1, 597) "..." : line) }'
}

# Passwords in URLs, signed queries, and values whose name says that they are secret.
agent_without_secrets() {
    sed -E \
        -e 's#([a-zA-Z][a-zA-Z0-9+.-]*://)[^/[:space:]]*@#\1(redacted)@#g' \
        -e 's#([?&](X-Amz-[A-Za-z-]*|AWSAccessKeyId|Signature)=)[^&[:space:]"]*#\1(redacted)#g' \
        -e 's#(A[KS]IA)[A-Z0-9]{12,}#\1(redacted)#g' \
        -e 's#(([Ss]ecret|[Pp]assword|[Tt]oken|SECRET|PASSWORD|TOKEN)[A-Za-z_]*["'\'']?[[:space:]]*[=:][[:space:]]*)[^[:space:],]+#\1(redacted)#g'
}

# agent_log: the file that the agent logs to.
agent_log() {
    path=$(sed -n 's/^ *logfile *= *"\(.*\)".*/\1/p' "$AGENT_HOME/etc/amazon-cloudwatch-agent.toml" 2>/dev/null || true)
    echo "${path:-$AGENT_HOME/logs/amazon-cloudwatch-agent.log}"
}

agent_log_size() {
    log=$(agent_log)
    if [ -f "$log" ]; then wc -c <"$log"; else echo 0; fi
}

# agent_mark: from where on the log and the journal are of a start that follows.
agent_mark() {
    echo "$(agent_log_size) $(date +%s)"
}

# agent_region [FILE]: ends with 1 where no file and no variable that the agent reads on premises names a region.
# FILE is the credentials file; without it, the one of common-config.toml, or root's own.
agent_region() {
    common=$(sed -n 's/^ *shared_credential_file *= *"\(.*\)".*/\1/p' "$AGENT_HOME/etc/common-config.toml" 2>/dev/null || true)
    file=${1:-$common}
    [ -z "${AWS_REGION:-}${AWS_DEFAULT_REGION:-}" ] || return 0
    for path in "$file" "${file:+$(dirname "$file")/config}" ~/.aws/credentials ~/.aws/config; do
        if [ -f "$path" ] && grep -Eq '^[[:space:]]*region[[:space:]]*=[[:space:]]*[a-z]' "$path"; then return 0; fi
    done
    return 1
}

# agent_last_errors [SIZE TIME]: the last errors that the agent logged, since agent_mark said so.
agent_last_errors() {
    log=$(agent_log)
    from=${1:-0}
    # a log that is smaller now was rotated
    [ "$(agent_log_size)" -ge "$from" ] || from=0
    {
        if [ -f "$log" ]; then tail -c "+$((from + 1))" "$log" | tail -n 200; fi
        journalctl --quiet --output=cat --unit="$AGENT_UNIT" ${2:+--since="@$2"} --lines=100 2>/dev/null || true
    } | agent_without_secrets | agent_errors | tail -n 5 | agent_line
}
