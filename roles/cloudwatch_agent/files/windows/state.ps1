# What the host has of the agent. Changes nothing.
param(
    [string]$CredentialsFile = ''
)

$files = Join-Path $Env:ProgramFiles 'Amazon\AmazonCloudWatchAgent'
$data = Join-Path $Env:ProgramData 'Amazon\AmazonCloudWatchAgent'
$own = Join-Path $data 'ansible'
$ctl = Join-Path $files 'amazon-cloudwatch-agent-ctl.ps1'

function Get-Sha1([string]$Path) {
    if ($Path -and (Test-Path -LiteralPath $Path)) { (Get-FileHash -LiteralPath $Path -Algorithm SHA1).Hash.ToLower() } else { '' }
}

$status = ''
if (Test-Path -LiteralPath $ctl) {
    # A process of its own: the script ends with `exit`, and what it writes to stderr means nothing.
    $status = (& powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $ctl -a status) -join "`n"
}

$given = @{}
Get-ChildItem -Path $own -File -ErrorAction SilentlyContinue | ForEach-Object { $given[$_.Name] = Get-Sha1 $_.FullName }
$known = @(Get-ChildItem -Path (Join-Path $data 'Configs') -Filter 'file_*' -File -ErrorAction SilentlyContinue | ForEach-Object { $_.Name })
$record = Join-Path $own 'package.json'
$uninstall = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*'
$product = Get-ItemProperty -Path $uninstall -ErrorAction SilentlyContinue | Where-Object { $_.PSObject.Properties['DisplayName'] -and $_.DisplayName -eq 'Amazon CloudWatch Agent' } | Select-Object -First 1
$credentials = $CredentialsFile
if (-not $credentials) { $credentials = Join-Path $own 'credentials' }

$Ansible.Changed = $false
$Ansible.Result = @{
    status = $status
    own = $own
    given = $given
    known = $known
    common = Get-Sha1 (Join-Path $data 'common-config.toml')
    credentials = Get-Sha1 $credentials
    record = if (Test-Path -LiteralPath $record) { [IO.File]::ReadAllText($record) } else { '{}' }
    product = if ($product) { $product.PSChildName } else { '' }
    free_mb = [int][Math]::Floor((Get-PSDrive -Name $Env:SystemDrive.TrimEnd(':')).Free / 1048576)
}
