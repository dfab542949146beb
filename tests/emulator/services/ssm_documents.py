# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents: their states, versions and permissions, on moto's own objects. moto has them active at once, can't list
versions, and neither pages nor limits permissions."""

from __future__ import annotations

from typing import Any

from ..wire import AwsError, Call, page
from .ssm_patch_baselines import ssm

LARGEST_VERSIONS_PAGE = 50
# AccountIdList holds no more
LARGEST_ACCOUNTS_PAGE = 20


def set_passing_describes(backend: Any, describes: int) -> None:
    """How many describes show that a version is still `Creating` or `Updating`."""
    backend.document_passing_describes = describes


def describe_document(call: Call) -> dict[str, Any]:
    """DescribeDocument; each time, passing states are nearer to their end.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocument.html
    """
    backend, documents = ssm(call), _documents(call)
    version = call.params.get("DocumentVersion")
    version = documents.default_version if version == "$DEFAULT" else version
    found = documents.find(version, call.params.get("VersionName"))
    tags = backend._get_documents_tags(call.params["Name"])
    description = documents.describe(found.document_version, tags=tags)
    if found.status == "Active":
        description["Status"] = _passing(backend, found) or "Active"
    return {"Document": {**description, "CreatedDate": found.created_date.timestamp()}}


def _passing(backend: Any, document: Any) -> str | None:
    left: int = getattr(document, "describes_left", getattr(backend, "document_passing_describes", 0))
    document.describes_left = max(0, left - 1)
    if not left:
        return None
    return "Creating" if document.document_version == "1" else "Updating"


def list_document_versions(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListDocumentVersions.html"""
    documents = _documents(call)
    rows = [
        {
            "Name": document.name,
            "DocumentVersion": number,
            **({"VersionName": document.version_name} if document.version_name else {}),
            "CreatedDate": document.created_date.timestamp(),
            "IsDefaultVersion": number == documents.default_version,
            "DocumentFormat": document.document_format,
            "Status": document.status,
        }
        for number, document in documents.versions.items()
    ]
    size = min(int(call.params.get("MaxResults") or LARGEST_VERSIONS_PAGE), LARGEST_VERSIONS_PAGE)
    ordered = sorted(rows, key=_padded)
    chosen, token = page(ordered, call.params.get("NextToken", ""), size, _padded)
    return {"DocumentVersions": list(chosen), **({"NextToken": token} if token else {})}


def _padded(row: dict[str, Any]) -> str:
    return f"{int(row['DocumentVersion']):06}"


def describe_document_permission(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocumentPermission.html"""
    accounts = sorted(_documents(call).permissions)
    size = min(int(call.params.get("MaxResults") or LARGEST_ACCOUNTS_PAGE), LARGEST_ACCOUNTS_PAGE)
    chosen, token = page(accounts, call.params.get("NextToken", ""), size, str)
    sharing = [{"AccountId": account, "SharedDocumentVersion": "$DEFAULT"} for account in chosen]
    answer = {"AccountIds": list(chosen), "AccountSharingInfoList": sharing}
    return {**answer, **({"NextToken": token} if token else {})}


def modify_document_permission(call: Call) -> None:
    """ModifyDocumentPermission: 20 accounts a call at the most, the rest is moto's.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ModifyDocumentPermission.html
    """
    for name in ("AccountIdsToAdd", "AccountIdsToRemove"):
        if len(call.params.get(name, [])) > LARGEST_ACCOUNTS_PAGE:
            raise AwsError("DocumentPermissionLimit", "You can specify a maximum of 20 accounts per API operation.")


def _documents(call: Call) -> Any:
    documents = ssm(call)._documents.get(call.params["Name"])
    if documents is None:
        raise AwsError("InvalidDocument", "The specified document does not exist.")
    return documents


OPERATIONS = {
    "DescribeDocument": describe_document,
    "ListDocumentVersions": list_document_versions,
    "DescribeDocumentPermission": describe_document_permission,
    "ModifyDocumentPermission": modify_document_permission,
}
