# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log groups: every reason and every guard of log_group_retention."""

from __future__ import annotations

from typing import Any

from ..services.log_groups import DELIVERY_DAYS
from ..services.log_policies import RetentionPolicy, policies
from .site import Expect, Site, ignored, spared, waste

MIB = 1024 * 1024


def add_log_group(
    site: Site,
    expect: Expect,
    name: str,
    retention: int | None = None,
    tags: dict[str, str] | None = None,
    group_class: str = "STANDARD",
    age_days: float = 300,
    stored_mib: float = 512,
) -> Any:
    """One log group with a size and an age."""
    backend = site.backend("logs")
    group = backend.create_log_group(name, tags or None)
    group.creation_time = site.ago(age_days)
    group.retention_in_days = retention
    group.log_group_class = group_class
    group.stored_bytes = int(stored_mib * MIB)
    site.expect("logs:log-group", name, name, expect)
    return group


def add_account_policy(site: Site, name: str, days: int, prefix: str) -> None:
    """An account-level retention policy on the groups that begin with `prefix`."""
    document = f'{{"retentionInDays": {days}, "enforcementMode": "RETROACTIVE"}}'
    created = int(site.ago(100).timestamp() * 1000)
    policy = RetentionPolicy(name, days, (prefix,), False, created, document, f'LogGroupNamePrefix IN ["{prefix}"]')
    policies(site.backend("logs"))[name] = policy


def hide_from_tagging(site: Site) -> None:
    """GetResources lists no log group of this region from now on, whatever tags they have."""
    site.backend("logs").hidden_from_tagging = True


def build_log_groups(site: Site) -> None:
    """One log group for every case."""
    forever = waste("no_retention", "never expires")
    add_log_group(site, forever, "/aws/lambda/orders-api", stored_mib=20_000)
    add_log_group(site, forever, "/aws/lambda/orders-api-worker", tags={"Keep": "false"}, age_days=0.1)
    add_log_group(site, waste("no_retention", "hostile name"), "../../etc/passwd#.-_", stored_mib=1)
    add_log_group(site, waste("no_retention", "class INFREQUENT_ACCESS"), "/audit/vpn", group_class="INFREQUENT_ACCESS")
    shorter = waste("longer_retention", "shorten asked for")
    longer = spared("longer_retention", "retention", "longer by choice", shorten=shorter)
    add_log_group(site, longer, "/compliance/trail", 3653)
    add_log_group(site, longer, "/ecs/checkout", 5)
    add_log_group(site, ignored("shorter by choice"), "/ecs/debug", 1)
    add_log_group(site, ignored("already as wanted"), "/ecs/web", 3)
    delivered = ignored("class DELIVERY keeps its own short time")
    add_log_group(site, delivered, "/aws/vendedlogs/delivery", DELIVERY_DAYS, group_class="DELIVERY")
    silent = spared("no_retention", "DELIVERY", "class DELIVERY, no retention shown")
    add_log_group(site, silent, "/aws/vendedlogs/delivery-silent", group_class="DELIVERY")
    owned = spared("no_retention", "cloudformation", "a stack owns it")
    add_log_group(site, owned, "/aws/codebuild/site", tags={"aws:cloudformation:stack-name": "site"})
    add_log_group(site, spared("no_retention", "keep", "tagged"), "/legal/hold", tags={"KEEP": "tRuE"})
    held = spared("no_retention", "deletion protection", "its deletion protection is on")
    add_log_group(site, held, "/legal/evidence").deletion_protection = True
    add_account_policy(site, "platform-90-days", 90, "/governed/")
    governed = spared("longer_retention", "policy", "an account-level policy overrides what is set")
    add_log_group(site, governed, "/governed/api")
    add_log_group(site, governed, "/governed/worker", 7)
