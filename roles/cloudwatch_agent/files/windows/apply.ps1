# Gives the agent its configurations and starts it with them; the former ones come back if it refuses.
param(
    [string]$Mode,
    # {name, text} each: the first one, if it is called ansible.json, replaces what the agent has
    [object[]]$Give = @(),
    [string[]]$Remove = @(),
    # {name, text} each: the copies that are kept of what the agent was given, all of them
    [object[]]$Keep = @(),
    [securestring]$CommonConfig,
    [securestring]$Credentials,
    [string]$CredentialsFile = '',
    [int]$Timeout = 60
)

$ErrorActionPreference = 'Stop'
# (agent.ps1)

$data = Join-Path $Env:ProgramData 'Amazon\AmazonCloudWatchAgent'
$own = Join-Path $data 'ansible'
$ctl = Join-Path $Env:ProgramFiles 'Amazon\AmazonCloudWatchAgent\amazon-cloudwatch-agent-ctl.ps1'
$former = Join-Path $Ansible.Tmpdir 'former'
$new = Join-Path $Ansible.Tmpdir 'new'

function Invoke-Agent([string[]]$Arguments) {
    # Judged by its exit code alone: the downloader writes to stderr when all is well.
    $ErrorActionPreference = 'Continue'
    $said = (& powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $ctl @Arguments 2>&1 | Out-String)
    if ($LASTEXITCODE -ne 0) { throw "amazon-cloudwatch-agent-ctl.ps1 $($Arguments -join ' ') ended with ${LASTEXITCODE}: $(Get-AgentReason $said)" }
    $said
}

function Get-Status {
    Invoke-Agent @('-a', 'status') | ConvertFrom-Json
}

function Write-Text([string]$Path, [string]$Text) {
    New-Item -ItemType Directory -Path (Split-Path -Parent $Path) -Force | Out-Null
    # without the mark that PowerShell puts before UTF-8
    [IO.File]::WriteAllText($Path, $Text)
}

# All but the logs, which the agent holds open. (Windows PowerShell ignores -Exclude beside -LiteralPath.)
function Get-Settings {
    Get-ChildItem -LiteralPath $data | Where-Object { $_.Name -ne 'Logs' }
}

function Get-Plain([securestring]$Secret) {
    (New-Object Net.NetworkCredential '', $Secret).Password
}

$wasRunning = (Get-Status).status -eq 'running'
New-Item -ItemType Directory -Path $former | Out-Null
Get-Settings | Copy-Item -Destination $former -Recurse
try {
    if ($CommonConfig) { Write-Text (Join-Path $data 'common-config.toml') (Get-Plain $CommonConfig) }
    if ($Credentials) {
        Write-Text $CredentialsFile (Get-Plain $Credentials)
        # Administrators and the system alone, by their identifiers, which no language changes
        & icacls.exe $CredentialsFile /inheritance:r /grant:r '*S-1-5-32-544:F' '*S-1-5-18:F' | Out-Null
    }
    foreach ($configuration in $Give) {
        $path = Join-Path $new $configuration.name
        Write-Text $path $configuration.text
        $action = if ($configuration.name -eq 'ansible.json') { 'fetch-config' } else { 'append-config' }
        Invoke-Agent @('-a', $action, '-m', $Mode, '-c', "file:$path") | Out-Null
    }
    foreach ($name in $Remove) {
        Invoke-Agent @('-a', 'remove-config', '-m', $Mode, '-c', "file:$name") | Out-Null
    }
    Invoke-Agent @('-a', 'stop') | Out-Null
    $logged = Get-AgentLogEnd
    Invoke-Agent @('-a', 'start', '-m', $Mode) | Out-Null
    $problem = Wait-AgentStable $Timeout
    if ($problem) { throw "the agent does not keep running with its configuration: $problem. $(Get-AgentLastError $logged)" }
    $status = Get-Status
    if ($status.configstatus -ne 'configured') { throw "the agent says that it is $($status.configstatus)" }
} catch {
    Get-Settings | Remove-Item -Recurse -Force
    Get-ChildItem -LiteralPath $former | Copy-Item -Destination $data -Recurse -Force
    Invoke-Agent @('-a', 'stop') | Out-Null
    if ($wasRunning) { Invoke-Agent @('-a', 'start', '-m', $Mode) | Out-Null }
    throw
}

foreach ($copy in $Keep) { Write-Text (Join-Path $own $copy.name) $copy.text }
Get-ChildItem -Path $own -Filter 'ansible*.json' | Where-Object { $_.Name -notin $Keep.name } | Remove-Item -Force
