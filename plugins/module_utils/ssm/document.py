# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A document with its versions and whom it is shared with: what AWS calls change it, and what they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..resource.properties import TAGS, Change, Properties, said
from ..resource.resource import Goal, Step
from ..sweep.errors import CallError, SweepError
from ..sweep.region import Region
from .common import SsmResource, tag_parameters
from .document_content import content_of, meaning_of
from .document_options import DEFAULT, EVERYBODY, LATEST, check, shared_with
from .document_waiters import MISSING, waiter_factory

MOST_VERSIONS = 1000
# of ModifyDocumentPermission
MOST_ACCOUNTS_A_CALL = 20


class Document(SsmResource):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocument.html

    Its properties are those of DescribeDocument for the version that holds the wanted content, or the latest if none
    does; `Content`, by its meaning; `AccountIds` that it is shared with; `OtherVersions`, the versions that don't hold
    the wanted content.
    """

    kind = "document"
    returned_as = "document"
    tag_type = "Document"
    tag_key = "Name"
    immutable = {  # noqa: RUF012
        "DocumentType": "delete the document first, or make one under another name"
    }
    waiters = waiter_factory
    settled = Goal("document_settled", "ready for a change")
    deleted = Goal("document_deleted", "deleted")
    finished = (Goal("document_active", "active"),)

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError for the first option that makes no sense."""
        check(options)
        super().__init__(options)
        self._content = content_of(options) if options["state"] == "present" else None
        self._versions: list[Properties] = []
        # which version the wanted content has, or will have
        self._wanted_version = "1"

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"Name": self.name, "DocumentVersion": LATEST}

    @property
    def steps(self) -> Sequence[Step]:
        return [
            Step(["Content", "TargetType"], self._update),
            Step(["DefaultVersion"], self._set_default, in_create=False),
            Step(["AccountIds"], self._share, in_create=False),
            Step(["OtherVersions"], self._delete_versions, in_create=False),
        ]

    def describe(self, region: Region) -> Properties | None:
        try:
            latest = self._description(region, LATEST)
            pages = region.pages("ssm", "list_document_versions", "DocumentVersions", Name=self.name)
            self._versions = sorted((row for page in pages for row in page), key=_number, reverse=True)
            held = self._holder(region, latest)
            accounts = self._accounts(region)
        except CallError as error:
            if error.code == MISSING:
                return None
            raise
        self._wanted_version = held["DocumentVersion"] if held else str(int(latest["LatestVersion"]) + 1)
        shown = held or latest
        return {
            **{name: value for name, value in shown.items() if name != TAGS},
            "Content": self._meaning(region, shown),
            "AccountIds": accounts,
            "OtherVersions": [
                row["DocumentVersion"]
                for row in self._versions
                if not held or row["DocumentVersion"] != held["DocumentVersion"]
            ],
            TAGS: self.tags_of(region, self.name),
        }

    def _description(self, region: Region, version: str) -> Properties:
        answer = region.call("ssm", "describe_document", Name=self.name, DocumentVersion=version)
        found: Properties = answer["Document"]
        return found

    def _holder(self, region: Region, latest: Properties) -> Properties | None:
        """The newest version that is as wanted. AWS refuses to take the same content twice, so that an older one has
        to become the default again."""
        if self._content is None:
            return latest
        return next((row for row in self._candidates(region, latest) if self._is_wanted(region, row)), None)

    def _candidates(self, region: Region, latest: Properties) -> Iterator[Properties]:
        yield latest
        for row in self._versions:
            if row["DocumentVersion"] != latest["DocumentVersion"]:
                yield self._description(region, row["DocumentVersion"])

    def _is_wanted(self, region: Region, description: Properties) -> bool:
        target_type = self._options["target_type"]
        if target_type is not None and description.get("TargetType") != target_type:
            return False
        return self._content is not None and self._meaning(region, description) == self._content.meaning

    def _meaning(self, region: Region, description: Properties) -> str:
        """The same content is asked for once: a version's never changes."""
        version, document_format = description["DocumentVersion"], description["DocumentFormat"]

        def fetch() -> str:
            wanted = {"DocumentFormat": document_format} if document_format != "TEXT" else {}
            answer = region.call("ssm", "get_document", Name=self.name, DocumentVersion=version, **wanted)
            return meaning_of(answer["Content"], answer["DocumentFormat"])

        return region.once((self.name, version, str(description.get("CreatedDate"))), fetch)

    def _accounts(self, region: Region) -> list[str]:
        parameters = {"Name": self.name, "PermissionType": "Share"}
        pages = region.pages("ssm", "describe_document_permission", "AccountIds", **parameters)
        ids = [str(account) for page in pages for account in page]
        return [EVERYBODY if account.lower() == EVERYBODY else account for account in ids]

    def desired(self) -> Properties:
        options = self._options
        default: str | None = options["default_version"]
        # the first version is the default by itself
        newest = self._wanted_version if self._versions else None
        return said(
            {
                "DocumentType": options["document_type"],
                "Content": self._content.meaning if self._content else None,
                "TargetType": options["target_type"],
                "DefaultVersion": {LATEST: newest, DEFAULT: None}.get(default or "", default),
                "AccountIds": shared_with(options),
                "OtherVersions": [] if options["update_method"] == "replace" else None,
            }
        )

    def preflight(self, region: Region, changes: Mapping[str, Change]) -> None:
        default, numbers = self._options["default_version"], [row["DocumentVersion"] for row in self._versions]
        new = {self._wanted_version} if {"Content", "TargetType"} & changes.keys() else set()
        if default not in (LATEST, DEFAULT, *numbers, *new):
            known = ", ".join(numbers) or "none"
            raise SweepError(
                f"default_version is {default}, which document {self.name} doesn't have: its versions are {known}."
                " Nothing was changed."
            )
        used = {row.get("VersionName"): row["DocumentVersion"] for row in self._versions}
        name = self._options["version_name"]
        if new and name and name in used:
            raise SweepError(
                f"version_name {name} is the name of version {used[name]} of document {self.name}, which has another"
                " content: write a new name. Nothing was changed."
            )

    def refuse_deletion(self, region: Region, current: Properties) -> None:
        if current["AccountIds"] and not self._options["force"]:
            raise SweepError(
                f"Document {self.name} is shared with {', '.join(sorted(current['AccountIds']))}: set force to stop"
                " sharing it and delete it."
            )

    def leaving(self, current: Properties) -> bool:
        return bool(current["Status"] == "Deleting")

    def unfinished(self, current: Properties) -> str | None:
        if current["Status"] == "Active":
            return None
        reason = f" ({current['StatusInformation']})" if current.get("StatusInformation") else ""
        return f"its status is {current['Status']}{reason}"

    def create(self, region: Region, desired: Properties) -> None:
        tags = tag_parameters(desired.get(TAGS, {}))
        document_type = said({"DocumentType": self._options["document_type"]})
        region.call("ssm", "create_document", **self._sent({}), **document_type, **tags)

    def delete(self, region: Region, current: Properties) -> None:
        self._modify_permission(region, "AccountIdsToRemove", current["AccountIds"])
        region.call("ssm", "delete_document", Name=self.name)

    def _sent(self, current: Properties) -> Properties:
        """What CreateDocument and UpdateDocument take. What isn't said stays as it is."""
        content, options = self._content, self._options
        return said(
            {
                "Name": self.name,
                "Content": content.text if content else None,
                "DocumentFormat": content.document_format if content else None,
                "TargetType": options["target_type"] or current.get("TargetType"),
                "DisplayName": current.get("DisplayName"),
                "VersionName": options["version_name"],
            }
        )

    def _update(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        if self._options["update_method"] == "replace" and len(self._versions) >= MOST_VERSIONS:
            # there is no room for one more: of those that are to go anyway, the oldest goes first
            spare = [row for row in self._versions if row["DocumentVersion"] != current["DefaultVersion"]]
            self._delete_version(region, spare[-1]["DocumentVersion"])
        answer = region.call("ssm", "update_document", **self._sent(current), DocumentVersion=LATEST)
        self._wanted_version = answer["DocumentDescription"]["DocumentVersion"]

    def _set_default(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        wanted = self._options["default_version"]
        version = self._wanted_version if wanted == LATEST else wanted
        region.call("ssm", "update_document_default_version", Name=self.name, DocumentVersion=version)

    def _share(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        change = changes["AccountIds"]
        before, after = set(change.before or []), set(change.after)
        self._modify_permission(region, "AccountIdsToRemove", sorted(before - after))
        self._modify_permission(region, "AccountIdsToAdd", sorted(after - before))

    def _modify_permission(self, region: Region, parameter: str, accounts: Sequence[str]) -> None:
        for start in range(0, len(accounts), MOST_ACCOUNTS_A_CALL):
            some = list(accounts[start : start + MOST_ACCOUNTS_A_CALL])
            region.call(
                "ssm", "modify_document_permission", Name=self.name, PermissionType="Share", **{parameter: some}
            )

    def _delete_versions(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        for version in changes["OtherVersions"].before:
            if version != self._wanted_version:
                self._delete_version(region, version)

    def _delete_version(self, region: Region, version: str) -> None:
        try:
            region.call("ssm", "delete_document", Name=self.name, DocumentVersion=version)
        except CallError as error:
            # gone already, to make room or by somebody else
            if error.code not in (MISSING, "InvalidDocumentVersion"):
                raise


def _number(row: Mapping[str, Any]) -> int:
    return int(row["DocumentVersion"])
