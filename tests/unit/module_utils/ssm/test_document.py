# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A document's content: which form it is in, and what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.sysops.aws.plugins.module_utils.ssm.common import DOCUMENT_VERSION
from ansible_collections.sysops.aws.plugins.module_utils.ssm.document_content import content_of, meaning_of
from ansible_collections.sysops.aws.plugins.module_utils.ssm.document_options import DOCUMENT_TYPES
from ansible_collections.sysops.aws.plugins.module_utils.ssm.document_waiters import WAITERS
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from botocore.session import get_session
from botocore.waiter import AcceptorConfig

DOCUMENT = {"schemaVersion": "0.3", "mainSteps": [{"name": "b"}, {"name": "a"}], "when": "on"}


def options(content: Any = None, path: Any = None, document_format: str | None = None) -> dict[str, Any]:
    return {"content": content, "path": path, "document_format": document_format, "document_type": "Automation"}


@pytest.mark.parametrize(
    ("content", "wanted", "stored"),
    [
        (DOCUMENT, None, "JSON"),
        (DOCUMENT, "JSON", "JSON"),
        (DOCUMENT, "YAML", "YAML"),
        (json.dumps(DOCUMENT), None, "JSON"),
        (json.dumps(DOCUMENT), "YAML", "YAML"),
        (yaml.safe_dump(DOCUMENT), None, "YAML"),
    ],
)
def test_all_forms_of_a_document_mean_the_same(content, wanted, stored):
    found = content_of(options(content, document_format=wanted))
    assert (found.document_format, json.loads(found.meaning)) == (stored, DOCUMENT)
    assert meaning_of(found.text, stored) == found.meaning
    assert yaml.safe_load(found.text) == DOCUMENT


def test_a_text_stays_as_it_is():
    text = "# why\nschemaVersion: '0.3'\n\nmainSteps: []\n"
    assert content_of(options(text)).text == text
    calendar = "BEGIN:VCALENDAR\n{not: json"
    assert content_of(options(calendar, document_format="TEXT")).meaning == calendar
    assert meaning_of(calendar, "TEXT") == meaning_of(calendar, "JSON") == calendar


def test_an_error_in_yaml_is_one_line_with_its_place():
    with pytest.raises(SweepError, match=r"content is not valid YAML: .*line 2") as refused:
        content_of(options("a: 1\nb: [1, 2"))
    assert len(str(refused.value).splitlines()) == 1


def test_the_types_are_those_of_the_service_but_one():
    model = get_session().get_service_model("ssm")
    assert {*DOCUMENT_TYPES, "Package"} == set(model.shape_for("DocumentType").enum)
    assert all(DOCUMENT_VERSION.fullmatch(version) for version in ("$LATEST", "$DEFAULT", "1", "42"))
    assert not any(DOCUMENT_VERSION.fullmatch(version) for version in ("", "0", "01", "LATEST", "1.0"))


def test_the_waiters_know_every_state():
    model = get_session().get_service_model("ssm")
    known = {"Active", "Failed", "Creating", "Updating", "Deleting"}
    assert known == set(model.shape_for("DocumentStatus").enum)
    for waiter in WAITERS.values():
        assert waiter["operation"] in model.operation_names
        for acceptor in waiter["acceptors"]:
            AcceptorConfig(acceptor)
            if acceptor["matcher"] == "path":
                assert acceptor["expected"] in known
