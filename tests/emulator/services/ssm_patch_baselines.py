# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patch baselines, patch groups and defaults. moto has no Get and Update, drops most fields, ignores filters and pages,
deletes what is in use, takes any group twice, and can't tag baselines. Here they are rows of their own.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreatePatchBaseline.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-predefined-and-custom-patch-baselines.html
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..wire import AwsError, Call, page

LARGEST_PAGE = 100
TAG_TYPE = "PatchBaseline"
DEFAULTS = {
    "OperatingSystem": "WINDOWS",
    "GlobalFilters": {"PatchFilters": []},
    "ApprovalRules": {"PatchRules": []},
    "ApprovedPatches": [],
    "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
    "ApprovedPatchesEnableNonSecurity": False,
    "RejectedPatches": [],
    "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
    "Sources": [],
}
NOT_SETTINGS = ("Tags", "ClientToken", "BaselineId", "Replace")


def ssm(call: Call) -> Any:
    """moto's Systems Manager backend of the call's account and region."""
    from moto.ssm.models import ssm_backends

    return ssm_backends[call.account][call.region]


def rows(backend: Any) -> dict[str, dict[str, Any]]:
    """GetPatchBaseline's answers by id; without `PatchGroups`."""
    return _kept(backend, "baseline_rows")


def groups(backend: Any) -> dict[tuple[str, str], str]:
    """(patch group, operating system) -> the id of its baseline."""
    return _kept(backend, "baseline_groups")


def _kept(backend: Any, name: str) -> dict[Any, Any]:
    if name not in vars(backend):
        setattr(backend, name, {})
    found: dict[Any, Any] = getattr(backend, name)
    return found


def create_patch_baseline(call: Call) -> dict[str, Any]:
    """CreatePatchBaseline: what isn't said has the documented default."""
    _check_rules(call.params, call.params.get("OperatingSystem", "WINDOWS"))
    baseline_id = f"pb-{secrets.token_hex(9)[:17]}"
    settings = {name: value for name, value in call.params.items() if name not in NOT_SETTINGS}
    now = time.time()
    rows(ssm(call))[baseline_id] = {
        **DEFAULTS,
        **_with_rule_defaults(settings),
        "BaselineId": baseline_id,
        "CreatedDate": now,
        "ModifiedDate": now,
    }
    for tag in call.params.get("Tags", []):
        _tags(call, baseline_id)[tag["Key"]] = tag["Value"]
    return {"BaselineId": baseline_id}


def update_patch_baseline(call: Call) -> dict[str, Any]:
    """UpdatePatchBaseline: fields that aren't said stay, unless Replace is true.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdatePatchBaseline.html
    """
    row = _own(call)
    _check_rules(call.params, row["OperatingSystem"])
    if call.params.get("Replace"):
        kept = {name: row[name] for name in ("BaselineId", "OperatingSystem", "CreatedDate")}
        row.clear()
        row.update(DEFAULTS | kept)
    row.update(
        _with_rule_defaults({name: value for name, value in call.params.items() if name not in NOT_SETTINGS}),
        ModifiedDate=time.time(),
    )
    return _whole(call, row)


def get_patch_baseline(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetPatchBaseline.html"""
    return _whole(call, _own(call))


def _whole(call: Call, row: Mapping[str, Any]) -> dict[str, Any]:
    held = [group for (group, _system), holder in groups(ssm(call)).items() if holder == row["BaselineId"]]
    return {**row, "PatchGroups": held}


def _with_rule_defaults(settings: Mapping[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PatchRule.html"""
    if "ApprovalRules" not in settings:
        return dict(settings)
    defaults = {"ComplianceLevel": "UNSPECIFIED", "EnableNonSecurity": False}
    rules = [{**defaults, **rule} for rule in settings["ApprovalRules"]["PatchRules"]]
    return {**settings, "ApprovalRules": {"PatchRules": rules}}


def _check_rules(params: Mapping[str, Any], system: str) -> None:
    """API_PatchRule.html: ApproveAfterDays or ApproveUntilDate, which Debian and Ubuntu don't have."""
    for rule in params.get("ApprovalRules", {}).get("PatchRules", []):
        given = [name for name in ("ApproveAfterDays", "ApproveUntilDate") if name in rule]
        if len(given) != (0 if system in ("DEBIAN", "RASPBIAN", "UBUNTU") else 1):
            raise AwsError("ValidationException", "Specify ApproveAfterDays or ApproveUntilDate.")


def delete_patch_baseline(call: Call) -> dict[str, Any]:
    """DeletePatchBaseline: ResourceInUseException while it is registered for a patch group or the default.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeletePatchBaseline.html
    """
    row, backend = _own(call), ssm(call)
    if row["BaselineId"] in {*groups(backend).values(), *_defaults(backend).values()}:
        raise AwsError("ResourceInUseException", f"Patch baseline {row['BaselineId']} is in use.")
    del rows(backend)[row["BaselineId"]]
    return {"BaselineId": row["BaselineId"]}


def describe_patch_baselines(call: Call) -> dict[str, Any]:
    """DescribePatchBaselines: own baselines and those of AWS, by OWNER, NAME_PREFIX and OPERATING_SYSTEM.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribePatchBaselines.html
    """
    backend = ssm(call)
    identities = [("Self", identity(backend, row)) for row in rows(backend).values()]
    identities += [("AWS", row) for row in _predefined(backend)]
    for name, values in _filters(call):
        identities = [(owner, row) for owner, row in identities if _passes(owner, row, name, values)]
    return _page(call, "BaselineIdentities", [row for _owner, row in identities], lambda row: str(row["BaselineId"]))


def _passes(owner: str, row: Mapping[str, Any], name: str, values: Sequence[str]) -> bool:
    if name == "OWNER":
        return owner in values or (owner == "AWS" and "Amazon" in values)
    if name == "NAME_PREFIX":
        return str(row["BaselineName"]).startswith(tuple(values))
    if name == "OPERATING_SYSTEM":
        return row["OperatingSystem"] in values
    raise AwsError("InvalidFilter", f"The filter key {name} is not valid.")


def identity(backend: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """PatchBaselineIdentity."""
    found = {
        "BaselineId": row["BaselineId"],
        "BaselineName": row["Name"],
        "OperatingSystem": row["OperatingSystem"],
        "DefaultBaseline": _defaults(backend).get(row["OperatingSystem"]) == row["BaselineId"],
    }
    return {**found, **({"BaselineDescription": row["Description"]} if "Description" in row else {})}


def _predefined(backend: Any) -> list[dict[str, Any]]:
    """AWS's own baselines; each is the default of its operating system until another one is."""
    return [
        {
            "BaselineId": arn,
            "BaselineName": f"AWS-{system.title().replace('_', '')}DefaultPatchBaseline",
            "OperatingSystem": system,
            "DefaultBaseline": system not in _defaults(backend),
        }
        for system, arn in predefined_ids(backend).items()
    ]


def predefined_ids(backend: Any) -> dict[str, str]:
    """Operating system -> the ARN of AWS's own baseline in the region."""
    from moto.utilities.utils import load_resource

    found: dict[str, str] = load_resource("ssm/resources/default_baselines.json")[backend.region_name]
    return found


def _defaults(backend: Any) -> dict[str, str]:
    """Operating system -> the id of the own baseline that is its default."""
    return _kept(backend, "baseline_defaults")


def register_default_patch_baseline(call: Call) -> dict[str, Any]:
    """RegisterDefaultPatchBaseline: it takes the place of its operating system's former default.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterDefaultPatchBaseline.html
    """
    backend, baseline_id = ssm(call), call.params["BaselineId"]
    for system, arn in predefined_ids(backend).items():
        if baseline_id == arn:
            _defaults(backend).pop(system, None)
            return {"BaselineId": arn}
    row = _own(call)
    _defaults(backend)[row["OperatingSystem"]] = baseline_id
    return {"BaselineId": baseline_id}


def get_default_patch_baseline(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetDefaultPatchBaseline.html"""
    system = call.params.get("OperatingSystem", "WINDOWS")
    return {"BaselineId": default_id(ssm(call), system), "OperatingSystem": system}


def default_id(backend: Any, system: str) -> str:
    """The baseline of instances that are in no patch group."""
    return _defaults(backend).get(system) or predefined_ids(backend)[system]


def register_patch_baseline_for_patch_group(call: Call) -> dict[str, Any]:
    """RegisterPatchBaselineForPatchGroup: AlreadyExistsException if the group has one for this operating system.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterPatchBaselineForPatchGroup.html
    """
    row, group = _own(call), call.params["PatchGroup"]
    holder = groups(ssm(call)).setdefault((group, row["OperatingSystem"]), row["BaselineId"])
    if holder != row["BaselineId"]:
        raise AwsError("AlreadyExistsException", f"Patch Group baseline already has a baseline registered for "
                       f"OperatingSystem {row['OperatingSystem']}.")  # fmt: skip
    return {"BaselineId": row["BaselineId"], "PatchGroup": group}


def deregister_patch_baseline_for_patch_group(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeregisterPatchBaselineForPatchGroup.html"""
    row, group = _own(call), call.params["PatchGroup"]
    if groups(ssm(call)).get((group, row["OperatingSystem"])) == row["BaselineId"]:
        del groups(ssm(call))[(group, row["OperatingSystem"])]
    return {"BaselineId": row["BaselineId"], "PatchGroup": group}


def describe_patch_groups(call: Call) -> dict[str, Any]:
    """DescribePatchGroups: each patch group with its baseline, by NAME_PREFIX and OPERATING_SYSTEM.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribePatchGroups.html
    """
    backend = ssm(call)
    mappings = [
        {"PatchGroup": group, "BaselineIdentity": identity(backend, rows(backend)[holder])}
        for (group, _system), holder in groups(backend).items()
    ]
    for name, values in _filters(call):
        if name == "NAME_PREFIX":
            mappings = [row for row in mappings if row["PatchGroup"].startswith(tuple(values))]
        else:
            mappings = [row for row in mappings if _passes("Self", row["BaselineIdentity"], name, values)]
    return _page(call, "Mappings", mappings, lambda row: f"{row['PatchGroup']} {row['BaselineIdentity']['BaselineId']}")


def get_patch_baseline_for_patch_group(call: Call) -> dict[str, Any]:
    """GetPatchBaselineForPatchGroup: the default where the group has none.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetPatchBaselineForPatchGroup.html
    """
    backend, group = ssm(call), call.params["PatchGroup"]
    system = call.params.get("OperatingSystem", "WINDOWS")
    holder = groups(backend).get((group, system)) or default_id(backend, system)
    return {"BaselineId": holder, "PatchGroup": group, "OperatingSystem": system}


def _own(call: Call) -> dict[str, Any]:
    baseline_id = call.params["BaselineId"]
    if baseline_id not in rows(ssm(call)):
        raise AwsError("DoesNotExistException", f"Patch baseline {baseline_id} does not exist.")
    return rows(ssm(call))[baseline_id]


def _filters(call: Call) -> list[tuple[str, list[str]]]:
    return [(row["Key"], row["Values"]) for row in call.params.get("Filters", [])]


def _page(call: Call, key: str, found: list[dict[str, Any]], by: Any) -> dict[str, Any]:
    size = min(int(call.params.get("MaxResults") or LARGEST_PAGE), LARGEST_PAGE)
    chosen, token = page(sorted(found, key=by), call.params.get("NextToken", ""), size, by)
    return {key: list(chosen), **({"NextToken": token} if token else {})}


def _tags(call: Call, baseline_id: str) -> dict[str, str]:
    """Where moto keeps them; it refuses to do so itself."""
    found: dict[str, str] = ssm(call)._resource_tags[TAG_TYPE][baseline_id]
    return found


def _tagged(call: Call) -> dict[str, str] | None:
    """The tags of the baseline that the call names, or None for another kind of resource, which is moto's."""
    if call.params["ResourceType"] != TAG_TYPE:
        return None
    if call.params["ResourceId"] not in rows(ssm(call)):
        raise AwsError("InvalidResourceId", "The resource ID is not valid.")
    return _tags(call, call.params["ResourceId"])


def add_tags_to_resource(call: Call) -> dict[str, Any] | None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html"""
    tags = _tagged(call)
    if tags is None:
        return None
    tags.update({tag["Key"]: tag["Value"] for tag in call.params["Tags"]})
    return {}


def remove_tags_from_resource(call: Call) -> dict[str, Any] | None:
    tags = _tagged(call)
    if tags is None:
        return None
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(call: Call) -> dict[str, Any] | None:
    tags = _tagged(call)
    return None if tags is None else {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}


OPERATIONS = {
    "CreatePatchBaseline": create_patch_baseline,
    "UpdatePatchBaseline": update_patch_baseline,
    "GetPatchBaseline": get_patch_baseline,
    "DeletePatchBaseline": delete_patch_baseline,
    "DescribePatchBaselines": describe_patch_baselines,
    "RegisterDefaultPatchBaseline": register_default_patch_baseline,
    "GetDefaultPatchBaseline": get_default_patch_baseline,
    "RegisterPatchBaselineForPatchGroup": register_patch_baseline_for_patch_group,
    "DeregisterPatchBaselineForPatchGroup": deregister_patch_baseline_for_patch_group,
    "DescribePatchGroups": describe_patch_groups,
    "GetPatchBaselineForPatchGroup": get_patch_baseline_for_patch_group,
    "AddTagsToResource": add_tags_to_resource,
    "RemoveTagsFromResource": remove_tags_from_resource,
    "ListTagsForResource": list_tags_for_resource,
}
