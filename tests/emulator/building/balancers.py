# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load balancers of all four types: every reason and every guard of alb_idle_facts."""

from __future__ import annotations

from typing import Any

from ..services.elb import set_instance_health
from ..services.elbv2 import set_target_health
from .site import Expect, Site, ignored, reported, spared

LISTENS = {"application": ("HTTP", 80), "network": ("TCP", 443), "gateway": ("GENEVE", 6081)}
TRAFFIC = {
    "application": ("AWS/ApplicationELB", "RequestCount", "LoadBalancer"),
    "network": ("AWS/NetworkELB", "ActiveFlowCount", "LoadBalancer"),
    "gateway": ("AWS/GatewayELB", "ActiveFlowCount", "LoadBalancer"),
    "classic": ("AWS/ELB", "RequestCount", "LoadBalancerName"),
}


def add_balancer(
    site: Site,
    expect: Expect,
    name: str,
    kind: str = "application",
    groups: tuple[tuple[str, ...], ...] = (),
    action: dict[str, Any] | None = None,
    target_type: str = "ip",
    tags: dict[str, str] | None = None,
    traffic: bool = False,
    age_days: float = 90,
) -> Any:
    """One load balancer. `groups`: the target states of each target group; `action` instead of forwarding."""
    backend = site.backend("elbv2")
    subnets = [s.id for zone in list(site.ec2.subnets.values())[:2] for s in list(zone.values())[:1]]
    balancer = backend.create_load_balancer(
        name, [], subnets, loadbalancer_type=kind, tags=[{"Key": k, "Value": v} for k, v in (tags or {}).items()]
    )
    balancer.created_time = site.ago(age_days).isoformat(timespec="milliseconds") + "Z"
    protocol, port = LISTENS[kind]
    arns = [_add_group(site, f"{name}-{i}"[:32], kind, target_type, states) for i, states in enumerate(groups)]
    actions = [_forward(arn) for arn in arns] or ([action] if action else [])
    if actions:
        ends = (None, None) if kind == "gateway" else (protocol, port)
        listener = backend.create_listener(balancer.arn, *ends, "", None, actions[:1])
        for priority, extra in enumerate(actions[1:], 1):
            paths = [{"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{priority}/*"]}}]
            backend.create_rule(listener.arn, paths, priority, [extra])
            _link(backend, balancer, extra)
    if traffic:
        add_traffic(site, kind, balancer.arn.partition(":loadbalancer/")[2])
    site.expect("elasticloadbalancing:loadbalancer", name, name, expect)
    return balancer


def _forward(arn: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": arn}


def _link(backend: Any, balancer: Any, action: dict[str, Any]) -> None:
    group = backend.target_groups.get(action.get("TargetGroupArn"))
    if group and balancer.arn not in group.load_balancer_arns:
        group.load_balancer_arns.append(balancer.arn)


def _add_group(site: Site, name: str, kind: str, target_type: str, states: tuple[str, ...]) -> str:
    protocol, port = LISTENS[kind]
    where = {"vpc_id": next(iter(site.ec2.vpcs)), "protocol": protocol, "port": port}
    if target_type == "lambda":
        where = dict.fromkeys(where)
    group = site.backend("elbv2").create_target_group(name, target_type=target_type, **where)
    for number, state in enumerate(states):
        target = f"10.0.{number}.{site.random.randrange(4, 250)}"
        if target_type == "lambda":
            target = f"arn:aws:lambda:{site.region}:{site.account}:function:{name}"
        add_target(group, target, state)
    return str(group.arn)


def add_target(group: Any, target_id: str, state: str) -> None:
    """Register a target in a state of its own."""
    group.targets[target_id] = {"Id": target_id, "Port": group.port}
    set_target_health(group, target_id, state)


def add_classic(site: Site, expect: Expect, name: str, states: tuple[str, ...] = (), traffic: bool = False) -> Any:
    """One classic load balancer with instances in these states."""
    backend = site.backend("elb")
    ports = [{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 8080}]
    balancer = backend.create_load_balancer(name, [f"{site.region}a"], ports)
    balancer.created_time = site.ago(900)
    balancer.dns_name = f"{name}-1.{site.region}.elb.amazonaws.com"
    for state in states:
        instance_id = site.hex("i-")
        backend.register_instances(name, [instance_id])
        set_instance_health(balancer, instance_id, state)
    if traffic:
        add_traffic(site, "classic", name)
    site.expect("elasticloadbalancing:loadbalancer", name, name, expect)
    return balancer


def add_traffic(site: Site, kind: str, dimension: str) -> None:
    """Some requests on each of the last three days."""
    from moto.cloudwatch.models import MetricDatum

    namespace, metric, key = TRAFFIC[kind]
    for days in (0.5, 1.5, 2.5):
        datum = MetricDatum(namespace, metric, 1200.0, [{"Name": key, "Value": dimension}], site.ago(days), "Count")
        site.backend("cloudwatch").metric_data.append(datum)


def _other(expect: Expect, note: str) -> Expect:
    """A type that is not looked at by default."""
    return ignored(note, all_balancers=expect)


def build_application(site: Site) -> None:
    """Application load balancers: idle, serving, and idle on purpose."""
    add_balancer(site, reported("no_target_groups", "no listener, no target group"), "legacy-portal")
    add_balancer(site, reported("no_registered_targets", "two empty target groups"), "staging-api", groups=((), ()))
    down = reported("no_healthy_targets", "no healthy target in either group")
    add_balancer(site, down, "reports", groups=(("unhealthy", "unhealthy"), ("draining", "unused")))
    add_balancer(
        site, ignored("one of two groups is healthy"), "shop", groups=(("unhealthy",), ("healthy",)), traffic=True
    )
    silent = reported("no_traffic", "healthy, but no request in 14 days")
    add_balancer(site, ignored("healthy, no traffic", all_balancers=silent), "old-shop", groups=(("healthy",),))
    add_balancer(site, ignored("healthy, no traffic, new"), "new-shop", groups=(("healthy",),), age_days=2)
    function = ignored("a lambda target without health checks")
    add_balancer(site, function, "webhook", groups=(("unavailable",),), target_type="lambda", traffic=True)
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    on_purpose = spared("intentional", "redirect", "its only rule redirects")
    add_balancer(site, on_purpose, "apex-redirect", action=redirect)
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/plain"}}
    add_balancer(site, spared("intentional", "answer", "its only rule answers"), "maintenance", action=fixed)
    protected = add_balancer(
        site, reported("no_registered_targets", "idle, deletion protection on"), "vault", groups=((),)
    )
    protected.attrs["deletion_protection.enabled"] = "true"
    kept = spared("no_registered_targets", "keep", "tagged")
    add_balancer(site, kept, "standby", groups=((),), tags={"Keep": "True"})
    behind = add_balancer(
        site, spared("intentional", "network load balancer", "an NLB forwards to it"), "inner", groups=((),)
    )
    front = _other(reported("no_healthy_targets", "its ALB is unhealthy"), "network")
    outer = add_balancer(site, front, "outer", "network", groups=((),), target_type="alb")
    group = next(g for g in site.backend("elbv2").target_groups.values() if outer.arn in g.load_balancer_arns)
    add_target(group, behind.arn, "unhealthy")


def build_other_types(site: Site) -> None:
    """Network, gateway and classic load balancers, which are not looked at by default."""
    add_balancer(site, _other(reported("no_target_groups", "idle"), "network"), "mqtt", "network")
    add_balancer(site, _other(reported("no_registered_targets", "idle"), "network"), "syslog", "network", groups=((),))
    offered = _other(spared("intentional", "endpoint service", "offers an endpoint service"), "PrivateLink")
    link = add_balancer(site, offered, "partner-link", "network", groups=((),))
    service = site.ec2.create_vpc_endpoint_service_configuration([link.arn], False, "", [], [])
    site.ec2.configurations.pop(service.id)
    service.id = site.hex("vpce-svc-")
    service.service_name = f"com.amazonaws.vpce.{site.region}.{service.id}"
    site.ec2.configurations[service.id] = service
    add_balancer(site, ignored("serves"), "mqtt-live", "network", groups=(("healthy",),), traffic=True)
    add_balancer(
        site, _other(reported("no_registered_targets", "idle"), "gateway"), "firewall", "gateway", groups=((),)
    )
    add_classic(site, _other(reported("no_registered_targets", "no instance"), "classic"), "classic-empty")
    down = _other(reported("no_healthy_targets", "all out of service"), "classic")
    add_classic(site, down, "classic-down", ("OutOfService", "OutOfService"))
    add_classic(site, ignored("serves"), "classic-live", ("InService", "OutOfService"), traffic=True)
    quiet = _other(reported("no_traffic", "in service, but no request in 14 days"), "classic")
    add_classic(site, quiet, "classic-quiet", ("InService",))
