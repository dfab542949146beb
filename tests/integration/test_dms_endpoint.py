# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dms_endpoint on the emulated account. Rests on tests/emulator/services/dms_endpoints.py for the time that a deletion
takes, for keys that are told by their ARN, and for attributes that DMS adds: moto has none of them."""

from __future__ import annotations

import pytest
from tests.emulator import Emulator
from tests.integration.conftest import Json, Module, changes

REGION, ACCOUNT = "us-east-1", "123456789012"
NAME = "dms_endpoint"
KEY = "0a1b2c3d-1111-2222-3333-444455556666"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY}"
pytestmark = pytest.mark.usefixtures("impatient")
OPTIONS = {"endpoint_identifier": "orders", "endpoint_type": "source", "engine_name": "s3"}
GONE = {"endpoint_identifier": "orders", "state": "absent"}


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    empty_aws.settings.dms_seconds = 0.3
    return empty_aws


def endpoints(aws: Emulator) -> list[Json]:
    return aws.client("dms", REGION).describe_endpoints()["Endpoints"]


@pytest.mark.parametrize(("first", "then"), [(KEY, KEY), (KEY_ARN, KEY), (KEY, KEY_ARN)])
def test_a_key_by_its_id_or_its_arn_is_the_same(aws, module: Module, first, then):
    assert module(NAME, **OPTIONS, kms_key_id=first)["endpoint"]["kms_key_id"] == KEY_ARN
    for check in (True, False):
        assert module(NAME, check=check, **OPTIONS, kms_key_id=then)["changes"] == []
    told = module(NAME, **OPTIONS, kms_key_id=KEY[1:])["msg"]
    assert f"kms_key_id of DMS endpoint orders is {KEY_ARN} and can't be changed" in told
    assert changes(aws) == {"CreateEndpoint": 1}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_an_alias_is_refused_before_an_endpoint_is_made_with_it(aws, module: Module, check):
    told = module(NAME, check=check, **OPTIONS, kms_key_id="alias/dms")
    assert (told["failed"], changes(aws)) == (True, {})
    assert "kms_key_id 'alias/dms' is an alias, of which DMS doesn't tell the key" in told["msg"]


@pytest.mark.parametrize(
    "same",
    [
        "compressionType=GZIP;useBfile=true",
        "compressionType=GZIP;useBfile=true;",
        " useBfile=True; CompressionType = GZIP\n",
        "compressionType=GZIP",
        "csvRowDelimiter=\\n;csvDelimiter=,;compressionType=GZIP;useBfile=true",
    ],
)
def test_attributes_are_the_same_in_any_order_and_without_those_that_dms_adds(aws, module: Module, same):
    made = module(NAME, **OPTIONS, extra_connection_attributes="compressionType=GZIP;useBfile=true")
    told = "compressionType=GZIP;csvDelimiter=,;csvRowDelimiter=\\n;useBfile=true;"
    assert made["endpoint"]["extra_connection_attributes"] == told
    assert module(NAME, **OPTIONS, extra_connection_attributes=same)["changed"] is False


@pytest.mark.parametrize(
    "other",
    ["compressionType=gzip", "compressionType=NONE", "csvDelimiter=|", "compressionType=GZIP;useBfile=true", ""],
)
def test_attributes_that_differ_are_changed_once(aws, module: Module, other):
    module(NAME, **OPTIONS, extra_connection_attributes="compressionType=GZIP")
    for check, changed in ((True, True), (False, True), (False, False)):
        assert module(NAME, check=check, **OPTIONS, extra_connection_attributes=other)["changed"] is changed
    assert changes(aws) == {"CreateEndpoint": 1, "ModifyEndpoint": 1}


def test_a_deletion_is_waited_for(aws, module: Module):
    module(NAME, **OPTIONS)
    result = module(NAME, **GONE)
    assert (result["changed"], result["endpoint"], endpoints(aws)) == (True, {}, [])


def test_an_endpoint_that_is_being_deleted_is_not_deleted_again_but_waited_for(aws, module: Module):
    module(NAME, **OPTIONS)
    assert module(NAME, **GONE, wait=False)["changed"] is True
    assert endpoints(aws)[0]["Status"] == "deleting"
    assert module(NAME, check=True, **GONE)["changed"] is False
    assert module(NAME, **GONE)["changed"] is False
    assert (endpoints(aws), changes(aws)) == ([], {"CreateEndpoint": 1, "DeleteEndpoint": 1})


def test_an_endpoint_that_is_being_deleted_is_made_anew_once_it_is_gone(aws, module: Module):
    module(NAME, **OPTIONS)
    module(NAME, **GONE, wait=False)
    planned = module(NAME, check=True, **OPTIONS)
    assert (planned["changed"], len(planned["changes"])) == (True, 2)
    result = module(NAME, **OPTIONS)
    assert (result["changed"], result["endpoint"]["status"]) == (True, "active")
    assert changes(aws) == {"CreateEndpoint": 2, "DeleteEndpoint": 1}
    assert module(NAME, **OPTIONS)["changed"] is False


def test_attributes_that_dms_answers_as_settings_of_the_engine_are_as_wanted(aws, module, monkeypatch):
    """An answer with the attribute moved to the engine's settings is made here: moto keeps the attributes."""
    from tests.emulator.services import dms_endpoints

    row_of = dms_endpoints._row

    def moved(call, endpoint):
        row = row_of(call, endpoint)
        row.pop("ExtraConnectionAttributes", None)
        return row | {"MySQLSettings": {"EventsPollInterval": 5, "CleanSourceMetadataOnMismatch": True}}

    monkeypatch.setattr(dms_endpoints, "_row", moved)
    attributes = "eventsPollInterval=5;cleanSourceMetadataOnMismatch=true"
    module(NAME, **OPTIONS, extra_connection_attributes=attributes)
    assert module(NAME, **OPTIONS, extra_connection_attributes=attributes)["changed"] is False
    other = "eventsPollInterval=9;cleanSourceMetadataOnMismatch=true"
    assert module(NAME, check=True, **OPTIONS, extra_connection_attributes=other)["changed"] is True
