# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold in any account, with any limit, whatever AWS answers: random accounts on the made-up service."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, LimitExceededError
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.module_utils.sweep.fake import Asked, FakeRegion, Things, rows, sweep, thing

KINDS = ("old", "young", "kept", "leased", "shared")
DENIED = ("AccessDenied", "UnauthorizedOperation", "InternalError")
ANSWERS = ("InvalidThing.NotFound", "ThingInUse", "UnauthorizedOperation")
FAULTS = ("ListThings", "ListLeases", "AskThing", "ReadThings", "DeleteThings")


def made(kind: str, number: int) -> dict[str, Any]:
    if kind in ("leased", "shared"):
        return thing(kind)
    tags = {"keep": "TRUE"} if kind == "kept" else {}
    return thing(f"{kind}-{number}", old=kind != "young", **tags)


def protected(name: str) -> bool:
    return not name.startswith("old")


@st.composite
def accounts(draw: st.DrawFn) -> list[FakeRegion]:
    regions = []
    for name in ("eu-west-1", "sa-east-1", "us-east-1"):
        kinds = draw(st.lists(st.sampled_from(KINDS), max_size=8))
        region = FakeRegion(name, *[made(kind, number) for number, kind in enumerate(kinds)])
        for fault in draw(st.sets(st.sampled_from(FAULTS), max_size=1)):
            region.errors[fault] = CallError("fake", fault, draw(st.sampled_from(DENIED)), "no")
        for doomed in draw(st.sets(st.sampled_from(sorted(region.things) or ["none"]), max_size=2)):
            answer = CallError("fake", "DeleteThings", draw(st.sampled_from(ANSWERS)), "no", draw(st.booleans()))
            region.errors[f"delete {doomed}"] = answer
        regions.append(region)
    return regions


@settings(max_examples=500, deadline=None)
@given(
    regions=accounts(),
    batch_size=st.sampled_from([1, 2, 50]),
    max_actions=st.sampled_from([0, 2, 1000]),
    percent=st.sampled_from([10, 100]),
    meddled=st.integers(0, 5),
)
def test_what_holds_in_any_account(regions, batch_size, max_actions, percent, meddled):
    options = {
        "policy": Things(batch_size, [Asked()]),
        "max_actions": max_actions,
        "max_actions_percent": percent,
    }
    before = [copy.deepcopy(region.things) for region in regions]

    run = sweep(*regions, **options)
    run.plan()
    assert [region.things for region in regions] == before, "planning changes nothing"
    assert not any(region.count("DeleteThings") for region in regions)
    planned = sum(summary.counts["planned"] for summary in run.summaries().values())
    try:
        run.refuse_over_limit()
    except LimitExceededError:
        run.finish()
        assert [region.things for region in regions] == before, "over the limit nothing changes"
        return
    assert planned <= max_actions

    meddle(regions[0], meddled)
    untouched = {(r.scope.region, name) for r in regions for name, t in r.things.items() if is_kept(name, t)}
    run.act()
    run.finish()
    left = {(region.scope.region, name) for region in regions for name in region.things}
    assert untouched <= left, "what is protected, also what was protected after the plan, is never touched"
    ends = Counter(row["status"] for row in rows(run))
    assert ends["planned"] == 0
    assert ends["changed"] + ends["failed"] + ends["skipped"] == planned

    for region in regions:
        region.errors.clear()
    unlimited = {"policy": options["policy"], "max_actions": 1000}
    converged = sweep(*regions, **unlimited)
    converged.plan()
    converged.act()
    again = sweep(*regions, **unlimited)
    again.plan()
    again.finish()
    assert not any(row["status"] == "planned" for row in rows(again)), "the same run twice has nothing left to do"


def meddle(region: FakeRegion, amount: int) -> None:
    """Somebody else tags, rejuvenates or removes things between plan and act."""
    for number, name in enumerate(list(region.things)[:amount]):
        if number % 3 == 0:
            region.things[name]["Tags"] = [{"Key": "Keep", "Value": "true"}]
        elif number % 3 == 1:
            region.things[name]["Old"] = False
        else:
            del region.things[name]


def is_kept(name: str, resource: dict[str, Any]) -> bool:
    return protected(name) or not resource["Old"] or bool(resource["Tags"])
