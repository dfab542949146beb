# Questions to the CloudWatch agent on a host, for the roles cloudwatch_agent and cloudwatch_agent_ssm, which send it
# with their scripts. Changes nothing; returns nothing that may be a password, a key or a signed URL.
# The service control manager starts an agent that died again at once, so that its status alone says nothing.

# For how many seconds one process of the service has run; -1 where it does not run.
function Get-AgentAge {
    $service = Get-CimInstance -ClassName Win32_Service -Filter "Name='AmazonCloudWatchAgent'"
    if (-not $service -or $service.State -ne 'Running' -or -not $service.ProcessId) { return -1 }
    $process = Get-Process -Id $service.ProcessId -ErrorAction SilentlyContinue
    if (-not $process) { return -1 }
    return [int][Math]::Floor(((Get-Date) - $process.StartTime).TotalSeconds)
}

# Waits until one process of the service has run for 10 seconds; returns what is wrong where none has, else ''. Time is
# what it may take until the service runs, and none of its processes may end once one was seen.
function Wait-AgentStable([int] $Seconds) {
    $needed = 10
    $until = (Get-Date).AddSeconds($Seconds + $needed)
    $seen = -1
    while ($true) {
        $age = Get-AgentAge
        if ($age -ge $needed) { return '' }
        if ($age -lt $seen) { return "its process ended after about $seen seconds" }
        $seen = $age
        if ((Get-Date) -gt $until) { return "no process of its service ran for $needed seconds" }
        Start-Sleep -Seconds 1
    }
}

# Passwords in URLs, signed queries, and values whose name says that they are secret.
function Hide-AgentSecret([string] $Line) {
    $Line = $Line -replace '([a-z][a-z0-9+.-]*://)[^/\s]*@', '$1(redacted)@'
    $Line = $Line -replace '([?&](X-Amz-[a-z-]*|AWSAccessKeyId|Signature)=)[^&\s"]*', '$1(redacted)'
    $Line = $Line -creplace '(A[KS]IA)[A-Z0-9]{12,}', '$1(redacted)'
    return $Line -replace '((secret|password|token)\w*["'']?\s*[=:]\s*)[^\s,]+', '$1(redacted)'
}

# The lines with an error, each once. Not all of them have a level, and one of another level may quote a failure.
function Select-AgentError([string[]] $Lines) {
    $wanted = '(^|[^A-Za-z0-9])E! |Under path|path of the error|panic: |Fail(ed)? to |Unable to determine aws-region'
    return @($Lines | Where-Object { $_ -match $wanted -and $_ -notmatch '\| *Info *:' -and $_ -cnotmatch '(^|[0-9Z] )[DIW]! ' } |
        Select-Object -Unique)
}

function Join-AgentLine([string[]] $Lines) {
    $text = (@($Lines | ForEach-Object { (Hide-AgentSecret $_) -replace '\s+', ' ' } | ForEach-Object { $_.Trim() }) -join '; ')
    if ($text.Length -gt 600) { $text = $text.Substring(0, 597) + '...' }
    return $text
}

# The agent's own reasons in what it printed; else its last lines.
function Get-AgentReason([string] $Output) {
    $lines = @($Output -split "`r?`n" | Where-Object { $_.Trim() })
    $errors = @(Select-AgentError $lines | Select-Object -First 8)
    if ($errors.Count -eq 0) { $errors = @($lines | Select-Object -Last 3) }
    return Join-AgentLine $errors
}

function Get-AgentLog {
    $data = Join-Path $Env:ProgramData 'Amazon\AmazonCloudWatchAgent'
    return Join-Path $data 'Logs\amazon-cloudwatch-agent.log'
}

# How many lines the agent's log has, for Get-AgentLastError after a start.
function Get-AgentLogEnd {
    return @(Get-Content -LiteralPath (Get-AgentLog) -ErrorAction SilentlyContinue).Count
}

# The last errors that the agent logged, after its first Skip lines.
function Get-AgentLastError([int] $Skip = 0) {
    $lines = @(Get-Content -LiteralPath (Get-AgentLog) -ErrorAction SilentlyContinue)
    # a log that is shorter now was rotated
    if ($lines.Count -ge $Skip) { $lines = @($lines | Select-Object -Skip $Skip) }
    $found = Join-AgentLine @(Select-AgentError @($lines | Select-Object -Last 200) | Select-Object -Last 5)
    if ($found) { return "It logged: $found" }
    return "It logged no error: see $(Get-AgentLog)"
}
