# Installs the package at Path, if it is the one that is wanted; the former one comes back if that fails.
param(
    [string]$Path,
    [string]$Sha256 = '',
    [bool]$VerifySignature = $true,
    # A newer version stands in the way of an older one, so it is removed first.
    [string]$RemoveFirst = '',
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

$former = ''
if ($RemoveFirst) {
    # Windows keeps each installed package; a copy of it is the way back.
    $installer = New-Object -ComObject WindowsInstaller.Installer
    $kept = $installer.ProductInfo($RemoveFirst, 'LocalPackage')
    $former = Join-Path (Split-Path -Parent $Path) 'former.msi'
    Copy-Item -LiteralPath $kept -Destination $former
    Invoke-Msi "/x $RemoveFirst"
}
try {
    Invoke-Msi "/i `"$Path`""
} catch {
    if ($former) { Invoke-Msi "/i `"$former`"" }
    throw
}

$version = [IO.File]::ReadAllText((Join-Path $files 'CWAGENT_VERSION')).Trim()
New-Item -ItemType Directory -Path $own -Force | Out-Null
[IO.File]::WriteAllText($Record, (@{ identity = $Identity; version = $version } | ConvertTo-Json -Compress))
$Ansible.Result = @{ version = $version }
