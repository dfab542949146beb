# Installs the package at Path, if it is the one that is wanted; the former one comes back if that fails.
param(
    [string]$Path,
    [string]$Sha256 = '',
    [bool]$VerifySignature = $true,
    # A newer version stands in the way of an older one, so it is removed first.
    [string]$RemoveFirst = '',
    # What is installed now: a copy of its package is kept beside Path, as former.msi.
    [string]$Former = '',
    [string]$Record,
    [string]$Identity = ''
)

$ErrorActionPreference = 'Stop'
$files = Join-Path $Env:ProgramFiles 'Amazon\AmazonCloudWatchAgent'
$own = Join-Path $Env:ProgramData 'Amazon\AmazonCloudWatchAgent\ansible'

function Invoke-Msi([string]$Arguments) {
    $done = Start-Process -FilePath msiexec.exe -ArgumentList "$Arguments /qn /norestart" -Wait -PassThru
    # 3010: done, Windows wants to be restarted some time
    if ($done.ExitCode -notin 0, 3010) { throw "msiexec $Arguments ended with $($done.ExitCode)" }
}

if ($Sha256 -and (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash -ne $Sha256) {
    throw "the package has another SHA-256 than $Sha256"
}
if ($VerifySignature) {
    $signature = Get-AuthenticodeSignature -LiteralPath $Path
    if ($signature.Status -ne 'Valid') { throw "the package's Authenticode signature is not valid: $($signature.StatusMessage)" }
    if ($signature.SignerCertificate.Subject -notmatch '(^|, )O="?Amazon') {
        throw "the package is signed by $($signature.SignerCertificate.Subject), and not by Amazon"
    }
}

$copy = ''
if ($Former) {
    # Windows keeps each installed package.
    $installer = New-Object -ComObject WindowsInstaller.Installer
    $kept = $installer.ProductInfo($Former, 'LocalPackage')
    $copy = Join-Path (Split-Path -Parent $Path) 'former.msi'
    Copy-Item -LiteralPath $kept -Destination $copy
}
if ($RemoveFirst) { Invoke-Msi "/x $RemoveFirst" }
try {
    Invoke-Msi "/i `"$Path`""
} catch {
    if ($RemoveFirst -and $copy) { Invoke-Msi "/i `"$copy`"" }
    throw
}

$version = [IO.File]::ReadAllText((Join-Path $files 'CWAGENT_VERSION')).Trim()
New-Item -ItemType Directory -Path $own -Force | Out-Null
[IO.File]::WriteAllText($Record, (@{ identity = $Identity; version = $version } | ConvertTo-Json -Compress))
$Ansible.Result = @{ version = $version }
