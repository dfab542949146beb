# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A patch baseline with its patch groups: what AWS calls change it, and what they change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..resource.properties import TAGS, Change, Properties, said
from ..resource.resource import Step
from ..sweep.errors import SweepError
from ..sweep.region import Region
from .common import SsmResource, tag_parameters
from .patch_baseline_options import check, filters_of, rules_of, sources_of, without_nothing

SETTINGS = (
    "Description",
    "ApprovalRules",
    "GlobalFilters",
    "ApprovedPatches",
    "ApprovedPatchesComplianceLevel",
    "ApprovedPatchesEnableNonSecurity",
    "RejectedPatches",
    "RejectedPatchesAction",
    "Sources",
    "AvailableSecurityUpdatesComplianceStatus",
)


class PatchBaseline(SsmResource):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetPatchBaseline.html

    Its properties are those of GetPatchBaseline and `DefaultBaseline`, whether it is its operating system's default.
    Of a source's `Configuration`, which may hold a password, there is only `ConfigurationSha256`.
    """

    kind = "patch baseline"
    returned_as = "patch_baseline"
    tag_type = "PatchBaseline"
    tag_key = "BaselineId"
    immutable = {  # noqa: RUF012
        "OperatingSystem": "make a baseline under another name, move the patch groups to it, then delete this one"
    }

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError for the first option that makes no sense."""
        check(options)
        super().__init__(options)

    @property
    def steps(self) -> Sequence[Step]:
        return [
            Step(SETTINGS, self._update),
            Step(["PatchGroups"], self._register_groups, in_create=False),
            Step(["DefaultBaseline"], self._register_default, in_create=False),
        ]

    def describe(self, region: Region) -> Properties | None:
        """Raises SweepError where more than one has the name."""
        found = self._identities(region)
        if not found:
            return None
        (identity,) = found
        baseline = region.call("ssm", "get_patch_baseline", BaselineId=identity["BaselineId"])
        return {
            **{name: value for name, value in baseline.items() if name != "ResponseMetadata"},
            "Sources": _without_secrets(baseline.get("Sources", [])),
            "PatchGroups": baseline.get("PatchGroups", []),
            "DefaultBaseline": identity.get("DefaultBaseline", False),
            TAGS: self.tags_of(region, identity["BaselineId"]),
        }

    def _identities(self, region: Region) -> list[Properties]:
        filters = [{"Key": "OWNER", "Values": ["Self"]}, {"Key": "NAME_PREFIX", "Values": [self.name]}]
        pages = region.pages("ssm", "describe_patch_baselines", "BaselineIdentities", Filters=filters)
        found = [row for page in pages for row in page if row["BaselineName"] == self.name]
        self.refuse_namesakes(region, [f"{row['BaselineId']} ({row['OperatingSystem']})" for row in found])
        return found

    def desired(self) -> Properties:
        options = self._options
        sources = sources_of(options["sources"])
        return said(
            {
                "OperatingSystem": options["operating_system"],
                "Description": options["description"],
                "ApprovalRules": rules_of(options["approval_rules"]),
                "GlobalFilters": filters_of(options["global_filters"]),
                "ApprovedPatches": options["approved_patches"],
                "ApprovedPatchesComplianceLevel": options["approved_patches_compliance_level"],
                "ApprovedPatchesEnableNonSecurity": options["approved_patches_enable_non_security"],
                "RejectedPatches": options["rejected_patches"],
                "RejectedPatchesAction": options["rejected_patches_action"],
                "Sources": None if sources is None else _without_secrets(sources),
                "AvailableSecurityUpdatesComplianceStatus": options["available_security_updates_compliance_status"],
                "PatchGroups": options["patch_groups"],
                "DefaultBaseline": options["default"],
            }
        )

    def preflight(self, region: Region, changes: Mapping[str, Change]) -> None:
        self._refuse_claimed_groups(region, changes)
        # what is to be made isn't the default: then there is nothing to take away
        if "DefaultBaseline" in changes and changes["DefaultBaseline"].before:
            raise SweepError(
                f"default is false, but {self.name} is the default patch baseline for"
                f" {self._options['operating_system']}: make another one the default, which is what takes it from this"
                " one."
            )

    def _refuse_claimed_groups(self, region: Region, changes: Mapping[str, Change]) -> None:
        """A patch group has one baseline for each operating system: AWS would answer AlreadyExistsException when the
        baseline is made or changed."""
        new = _added(changes.get("PatchGroups"))
        if not new:
            return
        system = self._options["operating_system"]
        filters = [{"Key": "OPERATING_SYSTEM", "Values": [system]}]
        for page in region.pages("ssm", "describe_patch_groups", "Mappings", Filters=filters):
            for mapping in page:
                holder = mapping["BaselineIdentity"]
                if mapping["PatchGroup"] in new and holder.get("OperatingSystem", system) == system:
                    raise SweepError(
                        f"Patch group {mapping['PatchGroup']} has the {system} baseline"
                        f" {holder.get('BaselineName')} ({holder['BaselineId']}) already, and can have only one: take"
                        " it out of that baseline's patch_groups first. Nothing was changed."
                    )

    def refuse_deletion(self, region: Region, current: Properties) -> None:
        if current["DefaultBaseline"]:
            raise SweepError(
                f"Patch baseline {self.name} is the default for {current['OperatingSystem']}, which AWS doesn't delete:"
                " make another one the default first."
            )
        if current["PatchGroups"] and not self._options["force"]:
            raise SweepError(
                f"Patch baseline {self.name} is registered for the patch groups"
                f" {', '.join(sorted(current['PatchGroups']))}, which would be patched by the default baseline without"
                " it: set force to deregister them and delete it."
            )

    def create(self, region: Region, desired: Properties) -> None:
        parameters = {name: desired[name] for name in ("OperatingSystem", *SETTINGS) if name in desired}
        region.call(
            "ssm",
            "create_patch_baseline",
            Name=self.name,
            **self._sent(parameters),
            **tag_parameters(desired.get(TAGS, {})),
        )

    def delete(self, region: Region, current: Properties) -> None:
        for group in current["PatchGroups"]:
            self._deregister(region, current, group)
        region.call("ssm", "delete_patch_baseline", BaselineId=current["BaselineId"])

    def _update(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        settings = self._sent({name: change.after for name, change in changes.items()})
        region.call("ssm", "update_patch_baseline", BaselineId=current["BaselineId"], **settings)

    def _sent(self, parameters: Properties) -> Properties:
        """With the sources' secrets."""
        rules = parameters.get("ApprovalRules")
        sources = {"Sources": sources_of(self._options["sources"])} if "Sources" in parameters else {}
        return {**parameters, **sources, **({"ApprovalRules": without_nothing(rules)} if rules else {})}

    def _register_groups(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        change = changes["PatchGroups"]
        for group in sorted(set(change.before or []) - set(change.after)):
            self._deregister(region, current, group)
        for group in _added(change):
            region.call(
                "ssm", "register_patch_baseline_for_patch_group", BaselineId=current["BaselineId"], PatchGroup=group
            )

    def _deregister(self, region: Region, current: Properties, group: str) -> None:
        region.call(
            "ssm", "deregister_patch_baseline_for_patch_group", BaselineId=current["BaselineId"], PatchGroup=group
        )

    def _register_default(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        region.call("ssm", "register_default_patch_baseline", BaselineId=current["BaselineId"])


def _added(change: Change | None) -> list[str]:
    return sorted(set(change.after) - set(change.before or [])) if change and change.after else []


def _without_secrets(sources: Sequence[Mapping[str, Any]]) -> list[Properties]:
    return [
        {
            "Name": source["Name"],
            "Products": source["Products"],
            "ConfigurationSha256": hashlib.sha256(source["Configuration"].encode()).hexdigest(),
        }
        for source in sources
    ]
