# Installs, configures or removes the CloudWatch agent on this host, if it is not as wanted already.
#
# The role puts these settings before it:
#   $State            present or absent
#   $Version          a version, or latest: then an agent that is there is left as it is
#   $Source           where the packages are, in AWS's own layout: https://... or s3://bucket/prefix
#   $Signed           'yes' to verify the Authenticode signature of the package
#   $Checksums        sha256 of packages, each as distribution/architecture=sum
#   $ConfigSource     where the configuration is: https://..., s3://..., or base64:...
#   $Mode             ec2 or onPremise
# The last line of the output tells what was done; nothing that may be a presigned URL is ever shown.
$ErrorActionPreference = 'Stop'
# the progress bar makes downloads ten times slower
$ProgressPreference = 'SilentlyContinue'
# Windows Server 2016 offers TLS 1.0 first
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

$Ctl = Join-Path $Env:ProgramFiles 'Amazon\AmazonCloudWatchAgent\amazon-cloudwatch-agent-ctl.ps1'
$Data = Join-Path $Env:ProgramData 'Amazon\AmazonCloudWatchAgent'
# what the agent was given last, to compare with
$StateDirectory = Join-Path $Env:ProgramData 'sysops-aws\cloudwatch-agent'
$Kept = Join-Path $StateDirectory 'config.json'
$Place = 'windows/amd64'
$Publisher = 'Amazon'
$MegabytesNeeded = 500
# how long the service may take to start; it has to run for 10 seconds more
$StartSeconds = 60

function Stop-WithReason([string] $Reason) {
    Write-Output "cloudwatch-agent: failed: $Reason"
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $Work
    exit 1
}

# Runs amazon-cloudwatch-agent-ctl.ps1, judged by its exit code: its downloader writes progress to stderr, which is no
# error. Redirected in the process of ctl, which stops at errors, Windows PowerShell would make one of it.
function Invoke-Ctl([string[]] $Arguments) {
    $ErrorActionPreference = 'Continue'
    $lines = & powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $Ctl @Arguments 2>&1
    return @{ Code = $LASTEXITCODE; Output = ($lines | ForEach-Object { "$_" } | Out-String) }
}

# The agent's status; $null where there is no agent.
function Get-AgentStatus {
    if (-not (Test-Path $Ctl)) { return $null }
    $result = Invoke-Ctl @('-m', $Mode, '-a', 'status')
    $json = [regex]::Match($result.Output, '\{[^{}]*\}').Value
    if (-not $json) { return $null }
    return ConvertFrom-Json $json
}

function Get-Sum([string] $Path) {
    return (Get-FileHash -Algorithm SHA256 -Path $Path).Hash.ToLower()
}

function Save-Source([string] $From, [string] $To, [string] $Words) {
    try {
        if ($From.StartsWith('base64:')) {
            [IO.File]::WriteAllBytes($To, [Convert]::FromBase64String($From.Substring(7)))
        }
        elseif ($From.StartsWith('s3://')) {
            $bucket, $key = $From.Substring(5).Split('/', 2)
            Read-S3Object -BucketName $bucket -Key $key -File $To | Out-Null
        }
        else {
            Invoke-WebRequest -UseBasicParsing -Uri $From -OutFile $To
        }
    }
    catch {
        # the message of a failed request names its host at most
        Stop-WithReason "$Words could not be read: $($_.Exception.Message.Replace($From, 'the source'))"
    }
    if (-not (Test-Path $To) -or (Get-Item $To).Length -eq 0) { Stop-WithReason "$Words is empty" }
}

function Confirm-Package([string] $Package) {
    foreach ($entry in $Checksums.Split(' ', [StringSplitOptions]::RemoveEmptyEntries)) {
        $name, $wanted = $entry.Split('=', 2)
        $found = Get-Sum $Package
        if ($name -eq $Place -and $wanted -ne $found) {
            Stop-WithReason "the sha256 of the package for $Place is $found, wanted is ${wanted}: nothing was installed"
        }
    }
    if ($Signed -ne 'yes') { return }
    $signature = Get-AuthenticodeSignature -FilePath $Package
    if ($signature.Status -ne 'Valid' -or $signature.SignerCertificate.Subject -notmatch "O=`"?$Publisher") {
        $status = $signature.Status
        Stop-WithReason "the package for $Place has no valid signature of $Publisher ($status): nothing was installed"
    }
}

function Install-Agent {
    $free = [int]((Get-PSDrive ($Env:SystemDrive.TrimEnd(':'))).Free / 1mb)
    if ($free -lt $MegabytesNeeded) {
        Stop-WithReason "$Env:SystemDrive has $free MB free, the agent needs ${MegabytesNeeded}: nothing was installed"
    }
    $package = Join-Path $Work 'amazon-cloudwatch-agent.msi'
    $from = "$Source/$Place/$Version/amazon-cloudwatch-agent.msi"
    Save-Source $from $package "the package of version $Version for $Place"
    Confirm-Package $package
    Save-FormerPackage
    Invoke-Installer @('/i', "`"$package`"", '/qn', '/norestart')
}

# 0 is success, 3010 is success that asks for a restart, which the agent does not need.
function Invoke-Installer([string[]] $Arguments) {
    $process = Start-Process -FilePath 'msiexec.exe' -ArgumentList $Arguments -Wait -PassThru
    $code = $process.ExitCode
    if (@(0, 3010) -notcontains $code) { Stop-WithReason "msiexec ended with the exit code $code" }
}

function Test-WantedVersion {
    $status = Get-AgentStatus
    if (-not $status) { return $false }
    return $Version -eq 'latest' -or $status.version -eq $Version -or $status.version.StartsWith("${Version}b")
}

# Gives the agent a configuration and starts it with that; returns what is wrong, or ''.
function Set-Config([string] $Path) {
    $fetched = Join-Path $Work 'fetched.json'
    Copy-Item -Force $Path $fetched
    $result = Invoke-Ctl @('-a', 'fetch-config', '-m', $Mode, '-c', "file:$fetched")
    if ($result.Code -ne 0) { return "the agent refused the configuration: $(Get-AgentReason $result.Output)" }
    $logged = Get-AgentLogEnd
    Invoke-Ctl @('-m', $Mode, '-a', 'stop') | Out-Null
    $result = Invoke-Ctl @('-m', $Mode, '-a', 'start')
    if ($result.Code -ne 0) { return "the agent does not start: $(Get-AgentReason $result.Output)" }
    $problem = Wait-AgentStable $StartSeconds
    if ($problem) { return "the agent does not keep running with the configuration: $problem. $(Get-AgentLastError $logged)" }
    return ''
}

# All but the logs, which the agent holds open.
function Get-Settings {
    if (Test-Path -LiteralPath $Data) { Get-ChildItem -LiteralPath $Data | Where-Object { $_.Name -ne 'Logs' } }
}

# Restores what the agent had, and its former version where this run replaced it.
function Restore-Agent([string] $Former, [bool] $WasRunning) {
    Invoke-Ctl @('-m', $Mode, '-a', 'stop') | Out-Null
    $package = Join-Path $Work 'former.msi'
    $words = ''
    if (Test-Path -LiteralPath $package) {
        Invoke-Installer @('/x', (Get-ProductCode), '/qn', '/norestart')
        Invoke-Installer @('/i', "`"$package`"", '/qn', '/norestart')
        $words = ' The former version is installed again.'
    }
    Get-Settings | Remove-Item -Recurse -Force
    Get-ChildItem -LiteralPath $Former | Copy-Item -Destination $Data -Recurse -Force
    if ($WasRunning) { Invoke-Ctl @('-m', $Mode, '-a', 'start') | Out-Null }
    return $words
}

function Set-AgentConfig([string] $Config, [string] $Former, [bool] $WasRunning) {
    $problem = Set-Config $Config
    if ($problem) {
        Write-Output "cloudwatch-agent: $problem"
        $words = Restore-Agent $Former $WasRunning
        Stop-WithReason "$problem The former configuration is restored.$words"
    }
    New-Item -ItemType Directory -Force $StateDirectory | Out-Null
    Copy-Item -Force $Config $Kept
}

function Test-WantedConfig([string] $Config) {
    if (-not (Test-Path $Kept) -or (Get-Sum $Config) -ne (Get-Sum $Kept)) { return $false }
    $status = Get-AgentStatus
    if ($status.status -ne 'running' -or $status.configstatus -ne 'configured') { return $false }
    return -not (Wait-AgentStable $StartSeconds)
}

# Windows keeps each installed package; a copy of it restores the former version.
function Save-FormerPackage {
    $product = Get-ProductCode
    if (-not $product) { return }
    $installer = New-Object -ComObject WindowsInstaller.Installer
    $kept = $installer.ProductInfo($product, 'LocalPackage')
    Copy-Item -LiteralPath $kept -Destination (Join-Path $Work 'former.msi')
}

function Set-Present {
    $done = 'unchanged'
    $config = Join-Path $Work 'config.json'
    Save-Source $ConfigSource $config 'the configuration'
    $before = Get-AgentStatus
    $wasRunning = [bool]($before -and $before.status -eq 'running')
    $former = Join-Path $Work 'former'
    New-Item -ItemType Directory $former | Out-Null
    Get-Settings | Copy-Item -Destination $former -Recurse
    if (-not (Test-WantedVersion)) {
        Install-Agent
        $done = 'changed'
    }
    if ($done -eq 'changed' -or -not (Test-WantedConfig $config)) {
        Set-AgentConfig $config $former $wasRunning
        $done = 'changed'
    }
    $sum = (Get-Sum $Kept).Substring(0, 12)
    Write-Output "cloudwatch-agent: $done version=$((Get-AgentStatus).version) config=$sum"
}

function Get-ProductCode {
    $places = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*',
        'HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\*'
    $products = Get-ItemProperty $places -ErrorAction SilentlyContinue
    return ($products | Where-Object DisplayName -eq 'Amazon CloudWatch Agent' | Select-Object -First 1).PSChildName
}

function Set-Absent {
    $product = Get-ProductCode
    if (-not $product -and -not (Test-Path $Kept)) {
        Write-Output 'cloudwatch-agent: unchanged version=none config=none'
        return
    }
    if ($product) {
        if (Test-Path $Ctl) { Invoke-Ctl @('-m', $Mode, '-a', 'stop') | Out-Null }
        Invoke-Installer @('/x', $product, '/qn', '/norestart')
    }
    Remove-Item -Force -ErrorAction SilentlyContinue $Kept
    Write-Output 'cloudwatch-agent: changed version=none config=none'
}

$Work = Join-Path ([IO.Path]::GetTempPath()) ([Guid]::NewGuid())
New-Item -ItemType Directory $Work | Out-Null
try {
    if ($State -eq 'absent') { Set-Absent } else { Set-Present }
}
catch {
    Stop-WithReason $_.Exception.Message
}
finally {
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $Work
}
