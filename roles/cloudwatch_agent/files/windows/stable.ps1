# Waits until the agent runs stably, and fails with its last errors where it does not. Changes nothing.
param(
    [int]$Timeout = 60
)

$ErrorActionPreference = 'Stop'
# (agent.ps1)

$Ansible.Changed = $false
$problem = Wait-AgentStable $Timeout
if ($problem) { throw "the agent does not keep running with its configuration: $problem. $(Get-AgentLastError)" }
