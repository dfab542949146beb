#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_proxy
version_added: 0.2.0
short_description: Keep an RDS Proxy and its target group as wanted
description:
  - Creates, changes and deletes an RDS Proxy, sets the limits of its connection pool and registers the database that it
    serves.
  - Options that are left out leave what there is alone, except where they have a default.
  - What can't be changed, a database that does not exist or speaks another protocol, and options that make no sense are
    refused before anything is changed.
options:
  name:
    description:
      - The name of the proxy. It can't be changed.
    type: str
    required: true
  engine_family:
    description:
      - The protocol that the proxy speaks. V(MYSQL) is for MySQL, MariaDB and Aurora MySQL, V(POSTGRESQL) for
        PostgreSQL and Aurora PostgreSQL, V(SQLSERVER) for SQL Server.
      - Required with O(state=present). It can't be changed.
    type: str
    choices: [MYSQL, POSTGRESQL, SQLSERVER]
  auth:
    description:
      - The database users that the proxy logs in as, one entry each. The list replaces the one that the proxy has.
      - Required with O(state=present).
    type: list
    elements: dict
    suboptions:
      secret_arn:
        description:
          - The ARN of the secret in Secrets Manager that holds C(username) and C(password).
        type: str
        required: true
      iam_auth:
        description:
          - Whether applications must log in to the proxy with IAM. V(ENABLED), which leaves them the choice, is for
            O(engine_family=SQLSERVER) alone.
        type: str
        choices: [DISABLED, REQUIRED, ENABLED]
        default: DISABLED
      client_password_auth_type:
        description:
          - How applications log in to the proxy with a password. RDS has a default for each engine.
        type: str
        choices:
          - MYSQL_CACHING_SHA2_PASSWORD
          - MYSQL_NATIVE_PASSWORD
          - POSTGRES_MD5
          - POSTGRES_SCRAM_SHA_256
          - SQL_SERVER_AUTHENTICATION
      description:
        description:
          - What the entry is for.
        type: str
      username:
        description:
          - The name of the database user.
        type: str
  role_arn:
    description:
      - The ARN of the IAM role that lets the proxy read the secrets. Required with O(state=present).
    type: str
  vpc_subnet_ids:
    description:
      - The subnets of the proxy, in at least two Availability Zones of the database's VPC.
      - Required with O(state=present). They can't be changed.
      - RDS silently leaves out subnets in Availability Zones without RDS Proxy. A second run then names those that the
        proxy has.
    type: list
    elements: str
  vpc_security_group_ids:
    description:
      - The security groups of the proxy. Without it, a new proxy gets the VPC's default security group.
    type: list
    elements: str
  require_tls:
    description:
      - Refuse connections to the proxy that are not encrypted.
    type: bool
    default: true
  idle_client_timeout:
    description:
      - Seconds until the proxy closes a client's idle connection, 1 to 28800. A new proxy has 1800.
    type: int
  debug_logging:
    description:
      - Log connections and SQL statements in detail, to look for an error. It costs performance and log storage, and
        statements may hold personal data.
    type: bool
  target_group:
    description:
      - The proxy's target group V(default), the only one that it has.
    type: dict
    suboptions:
      connection_pool_config:
        description:
          - The limits of the connection pool. If it is given, all of them are set.
        type: dict
        suboptions:
          max_connections_percent:
            description:
              - The most connections to the database, in percent of its C(max_connections), 1 to 100.
              - Without it V(100), or V(10) with O(engine_family=SQLSERVER).
            type: int
          max_idle_connections_percent:
            description:
              - How many of them may stay open idle, in percent of C(max_connections), 0 to
                O(target_group.connection_pool_config.max_connections_percent).
              - Without it, half of that.
            type: int
          connection_borrow_timeout:
            description:
              - Seconds that a client waits for a connection when all are in use, 0 to 300.
            type: int
            default: 120
          session_pinning_filters:
            description:
              - What does not pin a session to its connection. V(EXCLUDE_VARIABLE_SETS) is for C(SET) statements.
            type: list
            elements: str
            choices: [EXCLUDE_VARIABLE_SETS]
            default: []
          init_query:
            description:
              - SQL that the proxy runs on each new connection. Everybody who may describe the proxy can read it.
            type: str
            default: ""
      db_instance_identifiers:
        description:
          - The DB instance that the proxy serves, in a list of one. Any other database is deregistered.
          - An empty list deregisters what there is.
        type: list
        elements: str
      db_cluster_identifiers:
        description:
          - The Aurora cluster that the proxy serves, in place of a DB instance.
        type: list
        elements: str
notes:
  - Needs the IAM permissions C(rds:DescribeDBProxies), C(rds:DescribeDBProxyTargetGroups),
    C(rds:DescribeDBProxyTargets), C(rds:ListTagsForResource), C(rds:DescribeDBInstances) and C(rds:DescribeDBClusters);
    outside check mode also C(rds:CreateDBProxy), C(rds:ModifyDBProxy), C(rds:ModifyDBProxyTargetGroup),
    C(rds:RegisterDBProxyTargets), C(rds:DeregisterDBProxyTargets), C(rds:DeleteDBProxy), C(rds:AddTagsToResource),
    C(rds:RemoveTagsFromResource), C(iam:PassRole) and, for the first proxy of an account,
    C(iam:CreateServiceLinkedRole).
  - A proxy is fit for use when its database lets it in. With O(wait=true) a wrong password, a closed security group or
    a role that can't read the secret therefore end the task with RDS's own reason, after O(wait_timeout).
  - While the target group changes from one database to another, the proxy serves none.
  - O(state=absent) deletes the proxy alone. Databases, secrets and the role stay.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.resource
  - amazon.aws.tags
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: A proxy for the application's user in front of a MySQL instance
  sysops.aws.rds_proxy:
    name: orders
    engine_family: MYSQL
    auth:
      - secret_arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-a1b2c3
    role_arn: arn:aws:iam::123456789012:role/orders-rds-proxy
    vpc_subnet_ids: [subnet-0a1b2c3d, subnet-4e5f6a7b]
    vpc_security_group_ids: [sg-0c1d2e3f]
    target_group:
      connection_pool_config:
        max_connections_percent: 80
        max_idle_connections_percent: 20
      db_instance_identifiers: [orders-db]
    tags:
      Team: shop

- name: Delete the proxy
  sysops.aws.rds_proxy:
    name: orders
    state: absent
"""

RETURN = r"""
db_proxy:
  description:
    - The proxy, with what belongs to its target group. In check mode, as far as it can be told beforehand.
    - Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    db_proxy_name:
      description: Its name.
      returned: if there is a proxy
      type: str
      sample: orders
    db_proxy_arn:
      description: Its ARN.
      returned: if there is a proxy
      type: str
      sample: arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0
    status:
      description: Its status.
      returned: if there is a proxy
      type: str
      sample: available
    endpoint:
      description: The host name that applications connect to.
      returned: if there is a proxy
      type: str
      sample: orders.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com
    engine_family:
      description: The protocol that it speaks.
      returned: always with O(state=present)
      type: str
      sample: MYSQL
    auth:
      description: The database users that it logs in as.
      returned: always with O(state=present)
      type: list
      elements: dict
      sample:
        - auth_scheme: SECRETS
          secret_arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-a1b2c3
          iam_auth: DISABLED
          client_password_auth_type: MYSQL_CACHING_SHA2_PASSWORD
    require_tls:
      description: Whether connections must be encrypted.
      returned: always with O(state=present)
      type: bool
      sample: true
    connection_pool_config:
      description: The limits of the connection pool.
      returned: if there is a proxy
      type: dict
      sample:
        max_connections_percent: 80
        max_idle_connections_percent: 20
        connection_borrow_timeout: 120
        session_pinning_filters: []
    db_instance_identifiers:
      description: The DB instance that is registered.
      returned: if there is a proxy
      type: list
      elements: str
      sample: [orders-db]
    db_cluster_identifiers:
      description: The Aurora cluster that is registered.
      returned: if there is a proxy
      type: list
      elements: str
      sample: []
    targets:
      description: What the proxy connects to, and its health. An Aurora cluster is followed by its instances.
      returned: if there is a proxy
      type: list
      elements: dict
      sample:
        - rds_resource_id: orders-db
          type: RDS_INSTANCE
          port: 3306
          role: READ_WRITE
          target_health: {state: AVAILABLE}
    tags:
      description: Its tags.
      returned: if there is a proxy
      type: dict
      sample: {Team: shop}
changes:
  description: The properties that were changed, or would be in check mode; all of them if the proxy comes or goes.
  returned: success
  type: list
  elements: dict
  contains:
    property:
      description: The property, named as in RV(db_proxy).
      returned: always
      type: str
      sample: require_tls
    before:
      description: What it was, or null.
      returned: always
      type: raw
      sample: false
    after:
      description: What it is now, or null.
      returned: always
      type: raw
      sample: true
"""

from ansible_collections.sysops.aws.plugins.module_utils.rds.db_proxy import DbProxy
from ansible_collections.sysops.aws.plugins.module_utils.rds.db_proxy_options import ARGUMENT_SPEC, REQUIRED_IF
from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource


def main() -> None:
    run_resource(DbProxy, ARGUMENT_SPEC, required_if=REQUIRED_IF)


if __name__ == "__main__":
    main()
