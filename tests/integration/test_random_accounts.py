# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold in any account with any options: random accounts in the emulator, the real checks, no sockets.

Rests on the emulated account's added behaviour, as test_checks.py does. SYSOPS_EXAMPLES sets how many accounts.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import chosen_checks
from ansible_collections.sysops.aws.plugins.module_utils.sweep import pacing
from ansible_collections.sysops.aws.plugins.module_utils.sweep.account import Account, Connection, open_home
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import LimitExceededError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Limit, Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Region
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.emulator import Emulator
from tests.emulator.building.ebs import add_image, add_snapshot, add_volume, attach, mark
from tests.emulator.building.instances import PLAIN, add_alarm, add_instance
from tests.emulator.building.launch import add_launch_template, device_of, launch_data
from tests.emulator.building.logs import add_log_group
from tests.emulator.building.site import Site, waste
from tests.emulator.inprocess import everywhere
from tests.emulator.services.fast_restore import set_fast_restore
from tests.emulator.services.fleets import add_fleet
from tests.emulator.services.locks import Lock
from tests.emulator.services.recycle_bin import add_recycle_bin_rule
from tests.emulator.services.snapshot_tiers import set_tiering
from tests.integration.conftest import READS

ANY = waste("any", "any")
GRACE = 7
TAG = "sysops:orphan-since"
REGIONS = ("eu-west-1", "us-east-1")
Build = Callable[[Site, int], str]


def _volume(**facts: Any) -> Build:
    return lambda site, n: str(add_volume(site, ANY, f"v{n}", **facts).id)


def _snapshot(**facts: Any) -> Build:
    return lambda site, n: str(add_snapshot(site, ANY, f"s{n}", **facts).id)


def _attached(site: Site, n: int) -> str:
    volume = add_volume(site, ANY, f"a{n}")
    attach(site, volume, add_instance(site, PLAIN, f"holder{n}", detailed=False, root=False), "/dev/sdx")
    return str(volume.id)


def _locked(site: Site, n: int) -> str:
    snapshot = add_snapshot(site, ANY, f"l{n}")
    snapshot.lock = Lock("governance", site.ago(3).replace(tzinfo=timezone.utc), 365)
    return str(snapshot.id)


def _shared(site: Site, n: int) -> str:
    snapshot = add_snapshot(site, ANY, f"sh{n}")
    snapshot.create_volume_permission_userids.add("210987654321")
    return str(snapshot.id)


def _launched(site: Site, n: int) -> str:
    snapshot = add_snapshot(site, ANY, f"lt{n}")
    add_launch_template(site, f"template-{n}", [launch_data(snapshot_id=snapshot.id)])
    return str(snapshot.id)


def _fast(site: Site, n: int) -> str:
    snapshot = add_snapshot(site, ANY, f"f{n}")
    set_fast_restore(site.ec2, snapshot.id, site.ec2.describe_availability_zones()[0], "enabled")
    return str(snapshot.id)


def _fleet(site: Site, n: int) -> str:
    snapshot = add_snapshot(site, ANY, f"fl{n}")
    overrides = [{"BlockDeviceMappings": device_of(snapshot.id)}]
    add_fleet(site.ec2, f"fleet-{n}", LaunchTemplateConfigs=[{"Overrides": overrides}])
    return str(snapshot.id)


def _restored(site: Site, n: int) -> str:
    snapshot = add_snapshot(site, ANY, f"re{n}")
    set_tiering(snapshot, "temporary-restore-completed", site.now + timedelta(days=3))
    return str(snapshot.id)


def _image(site: Site, n: int) -> str:
    snapshot_id = str(add_image(site, f"image-{n}", "disabled" if n % 2 else "available").ebs_snapshot.id)
    site.ec2.tags[snapshot_id] = {"Name": f"i{n}"}
    return snapshot_id


def _group(retention: int | None = None, **facts: Any) -> Build:
    return lambda site, n: str(add_log_group(site, ANY, f"/{n}", retention, **facts).name)


def _instance(**facts: Any) -> Build:
    return lambda site, n: str(add_instance(site, PLAIN, f"web{n}", root=False, **facts).id)


def _watched(site: Site, n: int) -> str:
    instance = add_instance(site, PLAIN, f"watched{n}", root=False)
    add_alarm(site, f"alarm-{n}", instance.id, 60)
    return str(instance.id)


KEEP, BACKUP = {"Keep": "true"}, {"aws:backup:source-resource": "x"}
# What no option that is drawn below gives free. Of what is in use only a mark may be taken away.
GUARDED: dict[str, Build] = {
    "kept volume": _volume(tags=KEEP),
    "kubernetes volume": _volume(tags={"kubernetes.io/created-for/pvc/name": "x"}),
    "managed volume": _volume(operator="eks.amazonaws.com"),
    "new volume": _volume(age=(1, 0)),
    "attached volume": _attached,
    "kept snapshot": _snapshot(tags=KEEP),
    "backup snapshot": _snapshot(tags=BACKUP),
    "new snapshot": _snapshot(age=(1, 0)),
    "copied snapshot": _snapshot(tags={"DR": "eu"}),
    "locked snapshot": _locked,
    "shared snapshot": _shared,
    "launched snapshot": _launched,
    "fast snapshot": _fast,
    "fleet snapshot": _fleet,
    "restored snapshot": _restored,
    "velero snapshot": _snapshot(tags={"velero.io/backup": "x"}),
    "image snapshot": _image,
    "kept group": _group(tags=KEEP),
    "stack group": _group(tags={"aws:cloudformation:stack-name": "x"}),
    "short group": _group(1),
    "kept instance": _instance(tags=KEEP),
    "watched instance": _watched,
}
FREE: dict[str, Build] = {
    "volume": _volume(),
    "big volume": _volume(size=900, kind="io2", tags={"Team": "x"}),
    "snapshot": _snapshot(),
    "group": _group(),
    "long group": _group(365),
    "instance": _instance(),
}


@dataclass
class World:
    """What was built: the ids of what must stay as it is."""

    guarded: set[tuple[str, str]] = field(default_factory=set)


@st.composite
def accounts(draw: st.DrawFn) -> list[tuple[str, str, int | None]]:
    """(region, kind, days since it was marked or None) of up to ten resources."""
    one = st.tuples(
        st.sampled_from(REGIONS), st.sampled_from([*GUARDED, *FREE, *FREE]), st.sampled_from([None, None, 2, 30])
    )
    return draw(st.lists(one, max_size=10))


OPTIONS = st.fixed_dictionaries(
    {
        "ebs_orphan_cleanup": st.fixed_dictionaries(
            {"grace_days": st.sampled_from([0, GRACE]), "final_snapshot": st.booleans()}
        ),
        "log_group_retention": st.fixed_dictionaries({"retention_in_days": st.just(3), "shorten": st.booleans()}),
        "ec2_monitoring": st.just({}),
    }
)


class Lines:
    """A journal in memory."""

    place = "memory"

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def append(self, text: str, sync: bool) -> None:
        self.rows += [json.loads(line) for line in text.splitlines()]

    def read(self) -> str:
        return "".join(f"{json.dumps(row)}\n" for row in self.rows)

    def begun(self, action: str) -> set[str]:
        return {row["resource_id"] for row in self.rows if row["event"] == "begin" and row["action"] == action}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with pytest.MonkeyPatch.context() as environment:
        made = Emulator("none")
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        for name, value in {**made.environment(), "AWS_CONFIG_FILE": os.devnull}.items():
            environment.setenv(name, value)
        # AWS's pace is kept by other tests; hundreds of accounts behind the same clients would wait for it here
        environment.setattr(pacing, "RATES", {})
        environment.setattr(pacing, "OTHER", pacing.Rate.published(1e9, 1e9))
        with everywhere(made.front):
            yield made


@pytest.fixture(scope="module")
def account(emulator: Emulator) -> Account:
    # one for all examples: its clients cost more than an example does
    return open_home(Connection(region="us-east-1", endpoint_url=emulator.url, workers=4))


def build(emulator: Emulator, resources: list[tuple[str, str, int | None]], binned: bool) -> World:
    emulator.reset("none")
    sites = {region: emulator.site(region) for region in REGIONS}
    world = World()
    for number, (region, kind, marked) in enumerate(resources):
        site = sites[region]
        name = {**GUARDED, **FREE}[kind](site, number)
        if marked is not None and name.startswith(("vol-", "snap-")):
            mark(site, name, (datetime.now(timezone.utc) - timedelta(days=marked)).date().isoformat())
        if kind in GUARDED:
            world.guarded.add((region, name))
    if binned:
        add_recycle_bin_rule(sites["us-east-1"], "EBS_SNAPSHOT", 7)
    return world


def prepare(account: Account, checks: dict[str, Any], now: datetime, limit: Limit, journal: Lines) -> Sweep:
    common = Common({"Keep": "true"}, PriceTable())
    chosen = chosen_checks({"checks": checks}).values()
    policies = [policy for check, values in chosen for policy in check.policies(values, common)]
    regions = [Region(account, name) for name in REGIONS]
    sweep = Sweep(policies, regions, limit, Selection(), now, 4, stores=[journal])
    sweep.plan()
    return sweep


def mutations(emulator: Emulator) -> Counter[str]:
    found: Counter[str] = Counter()
    for key, count in emulator.calls.items():
        if not key[3].startswith(READS):
            found[key[3]] += count
    return found


def without_mark(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "tags": {name: text for name, text in value["tags"].items() if name != TAG}}


@settings(
    max_examples=int(os.environ.get("SYSOPS_EXAMPLES", "500")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(resources=accounts(), checks=OPTIONS, binned=st.booleans(), max_actions=st.sampled_from([0, 2, 1000, 1000]))
def test_what_holds_in_any_account(emulator, account, resources, checks, binned, max_actions):
    world, now, journal = build(emulator, resources, binned), datetime.now(timezone.utc), Lines()
    before = emulator.state()

    sweep = prepare(account, checks, now, Limit(max_actions, 100), journal)
    planned = sweep.total().counts["planned"]
    assert emulator.state() == before, "a report changes nothing"
    assert mutations(emulator) == {}
    try:
        sweep.refuse_over_limit()
    except LimitExceededError:
        assert planned > max_actions
        assert (emulator.state(), journal.rows) == (before, []), "over the limit nothing is done"
        return
    assert planned <= max_actions

    sweep.act()
    sweep.finish()
    after, ends = emulator.state(), sweep.total().counts
    assert (ends["planned"], ends["failed"]) == (0, 0)
    assert ends["changed"] + ends["skipped"] == planned, "what was planned is changed, skipped or failed"
    assert_guarded_untouched(world, before, after)
    assert_written_down_before(before, after, journal)

    emulator.calls.clear()
    again = prepare(account, checks, now, Limit(1000, 100), journal)
    again.act()
    again.finish()
    assert again.total().counts["changed"] == 0, "the same run again has nothing left to do"
    assert mutations(emulator) == {}


def assert_guarded_untouched(world: World, before: dict, after: dict) -> None:
    for key, value in before.items():
        if (key[1], key[3]) in world.guarded:
            assert without_mark(after[key]) == without_mark(value), "a guarded resource is never touched"


def assert_written_down_before(before: dict, after: dict, journal: Lines) -> None:
    gone = {key[3] for key in before.keys() - after.keys()}
    assert gone == journal.begun("delete"), "each deletion has its line, and what has one is gone"
    # the line of a call stands before the line of its end
    first: dict[str, str] = {}
    for row in journal.rows:
        assert first.setdefault(row["id"], row["event"]) == "begin"
    changed = {key[3] for key, value in after.items() if key in before and before[key] != value}
    assert changed <= {row["resource_id"] for row in journal.rows}
