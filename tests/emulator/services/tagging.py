# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resource Groups Tagging API: GetResources for the resource types that the collection knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..wire import AwsError, Call, page
from .common import ec2
from .elb import classic
from .elbv2 import elbv2
from .log_groups import logs
from .ssm_instances import managed_of, node_tags, ssm

Tagged = tuple[str, dict[str, str]]


def _of_ec2(kind: str, items: Callable[[Any], Any]) -> Callable[[Call], Iterator[Tagged]]:
    def tagged(call: Call) -> Iterator[Tagged]:
        backend = ec2(call)
        stem = f"arn:aws:ec2:{call.region}:{call.account}:{kind}/"
        return ((stem + i.id, backend.tags[i.id]) for i in list(items(backend)) if backend.tags.get(i.id))

    return tagged


def _log_groups(call: Call) -> Iterator[Tagged]:
    """None where the account was built with an index that lacks them (`hide_from_tagging`)."""
    backend = logs(call)
    if getattr(backend, "hidden_from_tagging", False):
        return iter(())
    return ((g.arn, backend.tagger.tags[g.arn]) for g in list(backend.groups.values()) if g.arn in backend.tagger.tags)


def _load_balancers(call: Call) -> Iterator[Tagged]:
    """Both generations share the resource type elasticloadbalancing:loadbalancer, as their ARNs do."""
    stem = f"arn:aws:elasticloadbalancing:{call.region}:{call.account}:loadbalancer/"
    for name, balancer in list(classic(call).load_balancers.items()):
        yield stem + name, balancer.tags
    backend = elbv2(call)
    for arn in list(backend.load_balancers):
        yield arn, backend.tagging_service.get_tag_dict_for_resource(arn)


def _target_groups(call: Call) -> Iterator[Tagged]:
    backend = elbv2(call)
    return ((arn, backend.tagging_service.get_tag_dict_for_resource(arn)) for arn in list(backend.target_groups))


def _managed_nodes(call: Call) -> Iterator[Tagged]:
    stem = f"arn:aws:ssm:{call.region}:{call.account}:managed-instance/"
    backend = ssm(call)
    return ((stem + node_id, node_tags(backend, node_id)) for node_id in managed_of(backend) if node_id[:3] == "mi-")


KINDS: dict[str, Callable[[Call], Iterator[Tagged]]] = {
    "ec2:image": _of_ec2("image", lambda b: b.amis.values()),
    "ec2:instance": _of_ec2("instance", lambda b: (i for r in b.reservations.values() for i in r.instances)),
    "ec2:snapshot": _of_ec2("snapshot", lambda b: b.snapshots.values()),
    "ec2:volume": _of_ec2("volume", lambda b: b.volumes.values()),
    "elasticloadbalancing:loadbalancer": _load_balancers,
    "elasticloadbalancing:targetgroup": _target_groups,
    "logs:log-group": _log_groups,
    "ssm:managed-instance": _managed_nodes,
}


def get_resources(call: Call) -> dict[str, Any] | None:
    """GetResources for `logs:log-group` (moto names it `logs:loggroup`), load balancers of both generations, EC2 and
    nodes of SSM: tagged resources only, at most 100 a page. Other resource types are left to moto.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    wanted = call.params.get("ResourceTypeFilters") or []
    kinds = [k for k in KINDS if not wanted or k in wanted or k.split(":")[0] in wanted]
    if not wanted or any(w not in KINDS and w not in {k.split(":")[0] for k in KINDS} for w in wanted):
        return None
    if call.params.get("ResourceARNList"):
        raise AwsError("InvalidParameterException", "ResourceTypeFilters and ResourceARNList can't be combined")
    size = call.params.get("ResourcesPerPage", 100)
    if not 1 <= size <= 100:
        raise AwsError("InvalidParameterException", "ResourcesPerPage must be between 1 and 100")
    found = [t for k in kinds for t in KINDS[k](call) if t[1] and _fits(t[1], call.params.get("TagFilters") or [])]
    found.sort(key=_arn)
    chosen, token = page(found, call.params.get("PaginationToken") or "", size, _arn)
    rows = [{"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]} for arn, tags in chosen]
    return {"ResourceTagMappingList": rows, "PaginationToken": token}


def _arn(tagged: Tagged) -> str:
    return tagged[0]


def _fits(tags: dict[str, str], filters: list[dict[str, Any]]) -> bool:
    return all(f["Key"] in tags and (not f.get("Values") or tags[f["Key"]] in f["Values"]) for f in filters)


OPERATIONS = {"GetResources": get_resources}
