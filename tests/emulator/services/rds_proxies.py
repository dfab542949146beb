# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RDS Proxies with their states, on moto's own objects. moto has them available at once, can't modify them, and
crashes where one doesn't exist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..wire import AwsError, Call, xml

# describes that still show a passing state, unless a test says otherwise
PASSING_DESCRIBES = 1
PASSING_STATES = ("creating", "modifying", "deleting")
SETTINGS = {
    "RoleArn": "role_arn",
    "RequireTLS": "require_tls",
    "IdleClientTimeout": "idle_client_timeout",
    "DebugLogging": "debug_logging",
}


def set_passing_describes(backend: Any, describes: int) -> None:
    """How many describes show `creating`, `modifying` and `deleting`, and a target that is REGISTERING."""
    backend.proxy_passing_describes = describes


def set_status(proxy: Any, status: str) -> None:
    """Keep a proxy in a status, whatever is called."""
    proxy.status, proxy.describes_left = status, float("inf")


def create_db_proxy(call: Call) -> str:
    """CreateDBProxy: the proxy is `creating` at first, and checked more closely than moto does.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html
    """
    backend, name = rds(call), call.text("DBProxyName")
    auth = _entries(call, "Auth.member")
    if not auth:
        raise AwsError("InvalidParameterValue", "Auth must be specified when DefaultAuthScheme is NONE")
    proxy = _created(
        backend,
        db_proxy_name=name,
        engine_family=call.text("EngineFamily"),
        auth=[_with_auth_defaults(entry, call.text("EngineFamily")) for entry in auth],
        role_arn=call.text("RoleArn"),
        vpc_subnet_ids=call.values("VpcSubnetIds"),
        vpc_security_group_ids=call.values("VpcSecurityGroupIds"),
        require_tls=call.flag("RequireTLS"),
        idle_client_timeout=call.number("IdleClientTimeout", 1800),
        debug_logging=call.flag("DebugLogging"),
        tags=_entries(call, "Tags.Tag"),
    )
    if proxy.engine_family == "SQLSERVER":
        group = group_of(proxy)
        group.max_connections, group.max_idle_connections = 10, 5
    pass_through(call, proxy, "creating")
    return xml({"DBProxy": _proxy(proxy)}, "member")


def _created(backend: Any, **parameters: Any) -> Any:
    """moto's refusals; it has EC2's own error for a subnet that doesn't exist."""
    from moto.core.exceptions import ServiceException

    try:
        return backend.create_db_proxy(**parameters)
    except ServiceException as error:
        raise AwsError("InvalidSubnet" if "Subnet" in error.code else error.code, error.message) from error


def _with_auth_defaults(entry: Mapping[str, str], engine_family: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_UserAuthConfig.html"""
    password_types = {
        "MYSQL": "MYSQL_CACHING_SHA2_PASSWORD",
        "POSTGRESQL": "POSTGRES_SCRAM_SHA_256",
        "SQLSERVER": "SQL_SERVER_AUTHENTICATION",
    }
    defaults = {
        "AuthScheme": "SECRETS",
        "IAMAuth": "DISABLED",
        "ClientPasswordAuthType": password_types.get(engine_family, ""),
    }
    return {**defaults, **entry}


def describe_db_proxies(call: Call) -> str:
    """DescribeDBProxies; each time, passing states are nearer to their end.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBProxies.html
    """
    name = call.text("DBProxyName")
    proxies = [existing(call)] if name else list(rds(call).db_proxies.values())
    for proxy in proxies:
        _come_nearer(call, proxy)
    if name:
        existing(call)  # it may just have gone
    return xml({"DBProxies": [_proxy(proxy) for proxy in proxies if proxy.db_proxy_name in rds(call).db_proxies]},
               "member")  # fmt: skip


def _come_nearer(call: Call, proxy: Any) -> None:
    left = getattr(proxy, "describes_left", 0)
    if left:
        proxy.describes_left = left - 1
    elif proxy.status == "deleting":
        del rds(call).db_proxies[proxy.db_proxy_name]
    elif proxy.status in PASSING_STATES:
        proxy.status = "available"


def modify_db_proxy(call: Call) -> str:
    """ModifyDBProxy, which moto lacks. Auth and SecurityGroups replace what there was.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBProxy.html
    """
    proxy = changeable(call)
    for parameter, attribute in SETTINGS.items():
        if parameter in call.params:
            setattr(proxy, attribute, _typed(call.text(parameter)))
    if auth := _entries(call, "Auth.member"):
        proxy.auth = [_with_auth_defaults(entry, proxy.engine_family) for entry in auth]
    if groups := call.values("SecurityGroups"):
        proxy.vpc_security_group_ids = groups
    proxy.updated_date = datetime.now(timezone.utc)
    pass_through(call, proxy, "modifying")
    return xml({"DBProxy": _proxy(proxy)}, "member")


def delete_db_proxy(call: Call) -> str:
    """DeleteDBProxy: it is `deleting` at first; refused while the proxy is being created or changed.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBProxy.html
    """
    proxy = existing(call)
    if proxy.status in PASSING_STATES:
        raise _wrong_state(proxy)
    pass_through(call, proxy, "deleting")
    return xml({"DBProxy": _proxy(proxy)}, "member")


def rds(call: Call) -> Any:
    from moto.rds.models import rds_backends

    return rds_backends[call.account][call.region]


def existing(call: Call) -> Any:
    proxy = rds(call).db_proxies.get(call.text("DBProxyName"))
    if proxy is None:
        raise AwsError("DBProxyNotFoundFault", f"DB proxy {call.text('DBProxyName')} not found.", 404)
    if call.text("TargetGroupName", "default") != "default":
        raise AwsError("DBProxyTargetGroupNotFoundFault", f"No target group {call.text('TargetGroupName')}.", 404)
    return proxy


def changeable(call: Call) -> Any:
    """Every change: InvalidDBProxyStateFault while "the proxy is in this state", that is in another than available."""
    proxy = existing(call)
    if proxy.status != "available":
        raise _wrong_state(proxy)
    return proxy


def _wrong_state(proxy: Any) -> AwsError:
    return AwsError("InvalidDBProxyStateFault", f"DB proxy {proxy.db_proxy_name} is in the state {proxy.status}.")


def pass_through(call: Call, proxy: Any, status: str) -> None:
    proxy.status, proxy.describes_left = status, passing_describes(call)


def passing_describes(call: Call) -> int:
    return int(getattr(rds(call), "proxy_passing_describes", PASSING_DESCRIBES))


def group_of(proxy: Any) -> Any:
    return proxy.proxy_target_groups["default"]


def _entries(call: Call, prefix: str) -> list[dict[str, str]]:
    """A list of structures: `prefix.1.Key`, `prefix.1.Value`, `prefix.2.Key`, ..."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in call.params.items():
        if name.startswith(f"{prefix}."):
            number, _dot, field = name.removeprefix(f"{prefix}.").partition(".")
            rows.setdefault(int(number), {})[field] = value
    return [rows[number] for number in sorted(rows)]


def _typed(text: str) -> Any:
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


def _proxy(proxy: Any) -> dict[str, Any]:
    return {
        "DBProxyName": proxy.db_proxy_name,
        "DBProxyArn": proxy.arn,
        "Status": proxy.status,
        "EngineFamily": proxy.engine_family,
        "VpcId": proxy.vpc_id,
        "VpcSecurityGroupIds": proxy.vpc_security_group_ids,
        "VpcSubnetIds": proxy.vpc_subnet_ids,
        "DefaultAuthScheme": "NONE",
        # the API leaves out what is empty
        "Auth": [{name: value for name, value in entry.items() if value} for entry in proxy.auth],
        "RoleArn": proxy.role_arn,
        "Endpoint": proxy.endpoint,
        "RequireTLS": bool(proxy.require_tls),
        "IdleClientTimeout": int(proxy.idle_client_timeout),
        "DebugLogging": bool(proxy.debug_logging),
        "CreatedDate": proxy.created_date,
        "UpdatedDate": proxy.updated_date,
    }


OPERATIONS = {
    "CreateDBProxy": create_db_proxy,
    "DescribeDBProxies": describe_db_proxies,
    "ModifyDBProxy": modify_db_proxy,
    "DeleteDBProxy": delete_db_proxy,
}
