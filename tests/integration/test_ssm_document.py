# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_document on the emulated account. Rests on tests/emulator/services/ssm_documents.py for the states of versions,
ListDocumentVersions, and the pages and limits of permissions: moto has none of them."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.sysops.aws.plugins.module_utils.ssm import document
from tests.emulator import Emulator
from tests.emulator.services.ssm_documents import set_passing_describes
from tests.integration.conftest import Json, Module, changes

REGION, ACCOUNT, OTHER = "us-east-1", "123456789012", "210987654321"
CONTENT = {
    "schemaVersion": "2.2",
    "description": "Uptime",
    "mainSteps": [
        {"action": "aws:runShellScript", "name": "uptime", "inputs": {"runCommand": ["date", "uptime"]}},
        {"action": "aws:runShellScript", "name": "who", "inputs": {"runCommand": ["who"]}},
    ],
}
OPTIONS: Json = {"name": "example", "document_type": "Command", "content": CONTENT, "tags": {"Team": "platform"}}
ABSENT = {"name": "example", "state": "absent"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Waiters ask again at once: AWS takes seconds, the emulated account a number of describes."""
    monkeypatch.setattr("botocore.waiter.time", SimpleNamespace(sleep=lambda _seconds: None))


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    return empty_aws


@pytest.fixture
def existing(aws: Emulator, module: Module) -> Json:
    made = module("ssm_document", **OPTIONS)
    assert made["changed"] is True, made
    aws.calls.clear()
    return made["document"]


def backend():
    from moto.ssm.models import ssm_backends

    return ssm_backends[ACCOUNT][REGION]


def edited(word: str = "Hostname") -> Json:
    return {**copy.deepcopy(CONTENT), "description": word}


def state(aws: Emulator) -> dict[str, Json]:
    """Every own document with its versions, permissions and tags, as AWS tells it."""
    ssm = aws.client("ssm", REGION)
    found = {}
    for row in ssm.list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}])["DocumentIdentifiers"]:
        name = row["Name"]
        described = ssm.describe_document(Name=name)["Document"]
        versions = ssm.list_document_versions(Name=name)["DocumentVersions"]
        found[name] = {
            "type": described["DocumentType"],
            "default": described["DefaultVersion"],
            "versions": {
                version["DocumentVersion"]: ssm.get_document(
                    Name=name,
                    DocumentVersion=version["DocumentVersion"],
                    DocumentFormat=version["DocumentFormat"],
                )
                for version in versions
            },
            "accounts": [*backend()._documents[name].permissions],
            "tags": {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])},
        }
    return found


def test_a_document_is_made_of_a_dict(aws, module):
    result = module("ssm_document", target_type="/AWS::EC2::Instance", version_name="first", **OPTIONS)
    assert result["changed"] is True, result
    there = state(aws)["example"]
    assert (there["type"], there["default"], there["tags"]) == ("Command", "1", {"Team": "platform"})
    stored = there["versions"]["1"]
    assert (json.loads(stored["Content"]), stored["DocumentFormat"]) == (CONTENT, "JSON")
    assert stored["VersionName"] == "first"
    told = result["document"]
    assert (told["status"], told["target_type"], told["default_version"]) == ("Active", "/AWS::EC2::Instance", "1")
    assert json.loads(told["content"]) == CONTENT


def test_a_document_is_made_of_a_file_as_it_is(aws, module, tmp_path):
    path = tmp_path / "document.yml"
    text = "# why\n" + yaml.safe_dump(CONTENT)
    path.write_text(text)
    options = {"name": "example", "document_type": "Command", "path": str(path)}
    assert module("ssm_document", **options)["changed"] is True
    stored = state(aws)["example"]["versions"]["1"]
    assert (stored["Content"], stored["DocumentFormat"]) == (text, "YAML")
    assert module("ssm_document", **options)["changed"] is False


def test_a_second_run_changes_nothing(aws, module, existing):
    result = module("ssm_document", diff=True, **OPTIONS)
    assert (result["changed"], result["changes"], result["document"]) == (False, [], existing)
    assert result["diff"]["before"] == result["diff"]["after"] == {}
    assert changes(aws) == {}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(CONTENT),
        json.dumps(CONTENT, indent=8, sort_keys=True),
        yaml.safe_dump(CONTENT),
        "# a comment\n" + yaml.safe_dump(CONTENT, sort_keys=False),
        dict(reversed(CONTENT.items())),
    ],
)
@pytest.mark.parametrize("document_format", [None, "YAML"])
def test_the_same_content_in_another_form_is_no_change(aws, module, existing, content, document_format):
    options = {**OPTIONS, "content": content, "document_format": document_format}
    if document_format is None:
        del options["document_format"]
    assert module("ssm_document", **options)["changed"] is False
    assert changes(aws) == {}


def turned() -> Json:
    content = copy.deepcopy(CONTENT)
    content["mainSteps"].reverse()
    return content


def shorter() -> Json:
    content = copy.deepcopy(CONTENT)
    del content["mainSteps"][1]["inputs"]
    return content


@pytest.mark.parametrize("content", [edited(), turned(), shorter()], ids=["text", "order", "missing"])
def test_other_content_makes_a_version_that_is_the_default(aws, module, existing, content):
    wanted = {**OPTIONS, "content": content}
    planned = module("ssm_document", check=True, diff=True, **wanted)
    assert changes(aws) == {}
    result = module("ssm_document", **wanted)
    assert [row["property"] for row in result["changes"]] == ["content", "default_version"]
    assert result["changes"] == planned["changes"]
    assert changes(aws) == {"UpdateDocument": 1, "UpdateDocumentDefaultVersion": 1}
    there = state(aws)["example"]
    assert (there["default"], sorted(there["versions"])) == ("2", ["1", "2"])
    assert json.loads(there["versions"]["2"]["Content"]) == content
    assert (result["document"]["default_version"], result["document"]["other_versions"]) == ("2", ["1"])
    assert module("ssm_document", **wanted)["changed"] is False


def test_an_older_version_is_used_again(aws, module, existing):
    module("ssm_document", **{**OPTIONS, "content": edited()})
    aws.calls.clear()
    result = module("ssm_document", **OPTIONS)
    assert [row["property"] for row in result["changes"]] == ["default_version"]
    assert changes(aws) == {"UpdateDocumentDefaultVersion": 1}
    there = state(aws)["example"]
    assert (there["default"], sorted(there["versions"])) == ("1", ["1", "2"])
    assert module("ssm_document", **OPTIONS)["changed"] is False


def test_the_default_version_can_stay_or_be_named(aws, module, existing):
    newer = {**OPTIONS, "content": edited()}
    assert module("ssm_document", default_version="$DEFAULT", **newer)["changed"] is True
    assert state(aws)["example"]["default"] == "1"
    assert module("ssm_document", default_version="$DEFAULT", **newer)["changed"] is False
    assert module("ssm_document", default_version="2", **newer)["changed"] is True
    assert state(aws)["example"]["default"] == "2"
    assert module("ssm_document", default_version="1", **newer)["changed"] is True
    assert state(aws)["example"]["default"] == "1"


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_default_version_that_isn_t_there_is_named(aws, module, existing, check):
    result = module("ssm_document", check=check, default_version="7", **{**OPTIONS, "tags": {}})
    assert "default_version is 7, which document example doesn't have: its versions are 1" in result["msg"]
    assert changes(aws) == {}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_version_name_that_is_taken_is_named(aws, module, check):
    module("ssm_document", version_name="first", **OPTIONS)
    aws.calls.clear()
    wanted = {**OPTIONS, "content": edited(), "version_name": "first", "tags": {}}
    result = module("ssm_document", check=check, **wanted)
    assert "version_name first is the name of version 1 of document example" in result["msg"]
    assert changes(aws) == {}


def test_a_version_s_name_is_no_change_by_itself(aws, module, existing):
    assert module("ssm_document", version_name="later", **OPTIONS)["changed"] is False
    assert module("ssm_document", **{**OPTIONS, "version_name": "later", "content": edited()})["changed"] is True
    assert state(aws)["example"]["versions"]["2"]["VersionName"] == "later"


def test_another_target_type_makes_a_version_and_stays(aws, module, existing):
    targeted = {**OPTIONS, "target_type": "/AWS::EC2::Instance"}
    assert module("ssm_document", **targeted)["changed"] is True
    assert module("ssm_document", **targeted)["changed"] is False
    result = module("ssm_document", **{**OPTIONS, "content": edited()})
    assert result["document"]["target_type"] == "/AWS::EC2::Instance"


def test_replace_keeps_the_newest_version_alone(aws, module, existing):
    module("ssm_document", **{**OPTIONS, "content": edited("second")})
    aws.calls.clear()
    wanted = {**OPTIONS, "content": edited("third"), "update_method": "replace"}
    planned = module("ssm_document", check=True, **wanted)
    assert changes(aws) == {}
    result = module("ssm_document", **wanted)
    assert result["changes"] == planned["changes"]
    assert [row["property"] for row in result["changes"]] == ["content", "default_version", "other_versions"]
    assert changes(aws) == {"UpdateDocument": 1, "UpdateDocumentDefaultVersion": 1, "DeleteDocument": 2}
    there = state(aws)["example"]
    assert (there["default"], [*there["versions"]], there["tags"]) == ("3", ["3"], {"Team": "platform"})
    aws.calls.clear()
    assert module("ssm_document", **wanted)["changed"] is False
    assert changes(aws) == {}


def test_replace_makes_room_where_there_is_none(aws, module, existing, monkeypatch):
    monkeypatch.setattr(document, "MOST_VERSIONS", 2)
    module("ssm_document", **{**OPTIONS, "content": edited("second")})
    aws.calls.clear()
    wanted = {**OPTIONS, "content": edited("third"), "update_method": "replace"}
    assert module("ssm_document", **wanted)["changed"] is True
    assert [*state(aws)["example"]["versions"]] == ["3"]
    assert module("ssm_document", **wanted)["changed"] is False


def test_versions_stay_without_replace(aws, module, existing):
    module("ssm_document", **{**OPTIONS, "content": edited()})
    assert "DeleteDocument" not in changes(aws)
    assert sorted(state(aws)["example"]["versions"]) == ["1", "2"]


def test_a_document_is_shared_and_no_longer_shared(aws, module, existing):
    shared = {**OPTIONS, "shared_with": [OTHER, "000000000001"]}
    assert module("ssm_document", check=True, **shared)["changed"] is True
    assert changes(aws) == {}
    result = module("ssm_document", **shared)
    assert [row["property"] for row in result["changes"]] == ["account_ids"]
    assert sorted(state(aws)["example"]["accounts"]) == ["000000000001", OTHER]
    assert module("ssm_document", **{**shared, "shared_with": shared["shared_with"][::-1]})["changed"] is False
    assert module("ssm_document", **OPTIONS)["changed"] is False
    assert module("ssm_document", **{**OPTIONS, "shared_with": [OTHER]})["changed"] is True
    assert state(aws)["example"]["accounts"] == [OTHER]
    assert module("ssm_document", **{**OPTIONS, "shared_with": []})["changed"] is True
    assert state(aws)["example"]["accounts"] == []


def test_more_accounts_than_a_call_takes_are_shared_with(aws, module, existing):
    accounts = [f"{number:012}" for number in range(1, 46)]
    options = {**OPTIONS, "shared_with": accounts}
    assert module("ssm_document", **options)["changed"] is True
    assert changes(aws) == {"ModifyDocumentPermission": 3}
    assert sorted(state(aws)["example"]["accounts"]) == accounts
    assert module("ssm_document", **options)["changed"] is False


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_document_is_not_public_unless_that_is_said_twice(aws, module, existing, check):
    for word in ("all", "All"):
        result = module("ssm_document", check=check, shared_with=[word], **OPTIONS)
        assert "shares the document with every AWS account there is: set allow_public" in result["msg"]
    assert (changes(aws), state(aws)["example"]["accounts"]) == ({}, [])


def test_a_document_is_public_and_private_again(aws, module, existing):
    public = {**OPTIONS, "shared_with": ["All"], "allow_public": True}
    assert module("ssm_document", **public)["changed"] is True
    assert state(aws)["example"]["accounts"] == ["all"]
    assert module("ssm_document", **public)["changed"] is False
    assert module("ssm_document", **{**OPTIONS, "shared_with": [OTHER]})["changed"] is True
    assert state(aws)["example"]["accounts"] == [OTHER]


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({"tags": {"Team": "web"}}, {"AddTagsToResource": 1}),
        ({"tags": {}}, {"RemoveTagsFromResource": 1}),
        ({"tags": {"Cost": "1"}, "purge_tags": False}, {"AddTagsToResource": 1}),
    ],
)
def test_tags_are_as_said(aws, module, existing, change, calls):
    result = module("ssm_document", **{**OPTIONS, **change})
    assert ([row["property"] for row in result["changes"]], changes(aws)) == (["tags"], calls)
    assert state(aws)["example"]["tags"] == result["document"]["tags"]


def test_check_mode_plans_a_creation_and_makes_nothing(aws, module):
    result = module("ssm_document", check=True, diff=True, shared_with=[OTHER], **OPTIONS)
    assert (result["changed"], result["diff"]["before"]) == (True, {})
    assert result["diff"]["after"]["account_ids"] == [OTHER]
    assert (changes(aws), state(aws)) == ({}, {})


def test_what_is_still_being_made_is_waited_for(aws, module):
    set_passing_describes(backend(), 3)
    made = module("ssm_document", shared_with=[OTHER], **OPTIONS)
    assert (made["changed"], made["document"]["status"]) == (True, "Active")
    wanted = {**OPTIONS, "content": edited()}
    changed = module("ssm_document", **wanted)
    assert (changed["document"]["status"], changed["document"]["default_version"]) == ("Active", "2")


def test_without_wait_the_module_returns_while_it_is_being_made(aws, module):
    set_passing_describes(backend(), 3)
    assert module("ssm_document", wait=False, **OPTIONS)["document"]["status"] == "Creating"
    result = module("ssm_document", **OPTIONS)
    assert (result["changed"], result["document"]["status"]) == (False, "Active")


def test_a_version_that_failed_is_told(aws, module, existing):
    backend()._documents["example"].versions["1"].status = "Failed"
    result = module("ssm_document", **OPTIONS)
    assert result["failed"] is True
    assert "document example did not become active: its status is Failed" in result["msg"]


def test_the_type_cannot_be_changed(aws, module, existing):
    automation = {"schemaVersion": "0.3", "mainSteps": []}
    result = module("ssm_document", **{**OPTIONS, "document_type": "Automation", "content": automation})
    assert "document_type of document example is Command and can't be changed to Automation" in result["msg"]
    assert changes(aws) == {}


def test_absent_deletes_the_named_document_and_nothing_else(aws, module, existing):
    module("ssm_document", **{**OPTIONS, "content": edited()})
    module("ssm_document", **{**OPTIONS, "name": "example-2"})
    aws.calls.clear()
    planned = module("ssm_document", check=True, diff=True, **ABSENT)
    assert (planned["changed"], planned["diff"]["after"], changes(aws)) == (True, {}, {})
    result = module("ssm_document", **ABSENT)
    assert (result["changed"], result["document"], changes(aws)) == (True, {}, {"DeleteDocument": 1})
    assert [*state(aws)] == ["example-2"]
    assert module("ssm_document", **ABSENT)["changed"] is False


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_shared_document_is_not_deleted(aws, module, existing, check):
    module("ssm_document", shared_with=[OTHER], **OPTIONS)
    aws.calls.clear()
    result = module("ssm_document", check=check, **ABSENT)
    assert f"Document example is shared with {OTHER}: set force" in result["msg"]
    assert (changes(aws), state(aws)["example"]["accounts"]) == ({}, [OTHER])


def test_force_stops_sharing_and_deletes(aws, module, existing):
    module("ssm_document", shared_with=[OTHER], **OPTIONS)
    aws.calls.clear()
    assert module("ssm_document", force=True, **ABSENT)["changed"] is True
    assert changes(aws) == {"ModifyDocumentPermission": 1, "DeleteDocument": 1}
    assert state(aws) == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "AWS-Example"}, "names that begin with aws, amazon, amzn are AWS's own"),
        ({"name": "no spaces"}, "name is 'no spaces': Systems Manager takes 3 to 128"),
        ({"content": None}, "content is missing: write content or path"),
        ({"content": ""}, "content holds no document"),
        ({"content": "just words"}, "content holds no document"),
        ({"content": '{"schemaVersion": '}, "content is not valid JSON"),
        ({"content": "a: [1"}, "content is not valid YAML"),
        ({"content": "a: 1", "document_format": "JSON"}, "content is not valid JSON"),
        ({"content": CONTENT, "document_format": "TEXT"}, "content is a dict, but document_format is TEXT"),
        ({"content": {**CONTENT, "schemaVersion": "0.3"}}, "has the schemaVersion 0.3: a document of type Command has"),
        ({"content": {"mainSteps": []}}, "content has the schemaVersion None"),
        ({"document_type": "Automation"}, "content has the schemaVersion 2.2: a document of type Automation has 0.3"),
        ({"content": {**CONTENT, "description": "x" * 70000}}, "a document has 1 to 65536"),
        ({"target_type": "AWS::EC2::Instance"}, "target_type is 'AWS::EC2::Instance': write /, or a type like"),
        ({"version_name": "version 1"}, "version_name is 'version 1'"),
        ({"default_version": "newest"}, "default_version is 'newest': write $LATEST, $DEFAULT or the number"),
        ({"update_method": "replace", "default_version": "1"}, "but update_method replace keeps the newest version"),
        ({"shared_with": ["1234"]}, "shared_with names '1234': write account ids of 12 digits"),
        ({"shared_with": [OTHER, OTHER]}, f"shared_with names {OTHER} twice"),
        ({"shared_with": ["all", OTHER], "allow_public": True}, "shared_with names all and accounts"),
        ({"path": "/nowhere/document.yml"}, "mutually exclusive: content|path"),
    ],
)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_bad_input_is_named_before_any_call(aws, module, change, words, check):
    result = module("ssm_document", check=check, **{**OPTIONS, **change})
    assert result["failed"] is True
    assert words in result["msg"]
    assert not aws.calls


def test_a_file_that_is_not_there_or_no_text_is_named(aws, module, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\xff\xfe")
    for path, reason in (("/nowhere/document.yml", "No such file or directory"), (str(picture), "it is no text")):
        result = module("ssm_document", name="example", document_type="Command", path=path)
        assert result["msg"].startswith(f"path {path} can't be read: {reason}")
    assert not aws.calls


def test_a_failure_half_way_names_what_was_done_and_the_next_run_does_the_rest(aws, module, existing):
    aws.faults.deny(operation="UpdateDocumentDefaultVersion")
    wanted = {**OPTIONS, "content": edited()}
    result = module("ssm_document", **wanted)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "ssm:UpdateDocumentDefaultVersion answered AccessDenied" in result["msg"]
    assert "Done before: Content." in result["msg"]
    aws.faults.clear()
    aws.calls.clear()
    again = module("ssm_document", **wanted)
    assert [row["property"] for row in again["changes"]] == ["default_version"]
    assert changes(aws) == {"UpdateDocumentDefaultVersion": 1}


@pytest.mark.parametrize(
    "operation",
    ["DescribeDocument", "GetDocument", "ListDocumentVersions", "DescribeDocumentPermission", "ListTagsForResource"],
)
def test_a_denied_read_changes_nothing(aws, module, existing, operation):
    aws.faults.deny(operation=operation)
    for options in ({**OPTIONS, "content": edited()}, ABSENT):
        assert f"ssm:{operation} answered AccessDenied" in module("ssm_document", **options)["msg"]
    assert changes(aws) == {}
