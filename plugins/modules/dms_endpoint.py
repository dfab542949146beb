#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_endpoint
version_added: 0.3.0
short_description: Keep a DMS endpoint as wanted, with its password in Secrets Manager
description:
  - Creates, changes and deletes an endpoint of a relational database, a source or a target of AWS DMS.
  - Options that are left out leave what there is alone.
  - The password is best left in Secrets Manager, where DMS reads it itself. One that is given here is told to DMS and
    appears nowhere else.
  - M(community.aws.dms_endpoint) knows no secrets of Secrets Manager, can't create an endpoint with tags or without a
    user, and has no check mode. It serves endpoints that aren't relational databases.
options:
  endpoint_identifier:
    description:
      - The identifier of the endpoint.
    type: str
    required: true
  endpoint_type:
    description:
      - Which end it is. Required with O(state=present). It can't be changed.
    type: str
    choices: [source, target]
  engine_name:
    description:
      - The engine, such as V(mysql), V(postgres), V(aurora-postgresql), V(oracle) or V(sqlserver). Required with
        O(state=present).
    type: str
  server_name:
    description:
      - The host name or address of the server.
    type: str
  port:
    description:
      - The port of the server.
    type: int
  database_name:
    description:
      - The name of the database.
    type: str
  username:
    description:
      - The database user.
    type: str
  password:
    description:
      - The password of O(username).
    type: str
  update_password:
    description:
      - DMS never shows a password, so that a changed one can't be found. V(always) sets it on every run, which is a
        change each time. With V(on_create) it is set when the endpoint is created, or something else of it changes.
    type: str
    choices: [on_create, always]
    default: on_create
  secrets_manager_secret_id:
    description:
      - The ARN or name of a secret in Secrets Manager with C(username), C(password), C(host) and C(port). It takes the
        place of O(username), O(password), O(server_name) and O(port).
    type: str
  secrets_manager_access_role_arn:
    description:
      - The ARN of the role by which DMS reads the secret. Whoever runs this needs C(iam:PassRole) for it.
    type: str
  ssl_mode:
    description:
      - How the connection is encrypted.
    type: str
    choices: [none, require, verify-ca, verify-full]
  certificate_arn:
    description:
      - The ARN of the certificate that the server is verified with.
    type: str
  extra_connection_attributes:
    description:
      - More attributes of the connection, as DMS documents them for each engine, such as
        V(compressionType=GZIP;csvDelimiter=,). No passwords belong here, as DMS shows them.
      - Attributes that DMS shows beside these are no difference, as it adds its own. An empty text takes all away.
    type: str
  kms_key_id:
    description:
      - The ARN or the id of the KMS key that the connection parameters are encrypted with; an alias is refused, since
        DMS doesn't tell of which key it is. By default DMS's own. It can't be changed.
    type: str
notes:
  - Needs the IAM permissions C(dms:DescribeEndpoints) and C(dms:ListTagsForResource), and to change something
    C(dms:CreateEndpoint), C(dms:ModifyEndpoint), C(dms:DeleteEndpoint), C(dms:AddTagsToResource),
    C(dms:DescribeReplicationTasks), C(dms:RemoveTagsFromResource), and C(iam:PassRole) for
    O(secrets_manager_access_role_arn).
  - After a change, have the connection tested again with M(sysops.aws.dms_connection_test).
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.resource
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: The source on premises, with its secret
  sysops.aws.dms_endpoint:
    endpoint_identifier: orders-source
    endpoint_type: source
    engine_name: mysql
    secrets_manager_secret_id: orders/source
    secrets_manager_access_role_arn: arn:aws:iam::123456789012:role/dms-reads-orders
    ssl_mode: require

- name: The target, with a password from the vault
  sysops.aws.dms_endpoint:
    endpoint_identifier: orders-target
    endpoint_type: target
    engine_name: mysql
    server_name: orders.abcdefghijkl.eu-west-1.rds.amazonaws.com
    port: 3306
    username: dms
    password: "{{ vault_orders_password }}"
    tags:
      Team: shop

- name: No endpoint any more
  sysops.aws.dms_endpoint:
    endpoint_identifier: orders-source
    state: absent
"""

RETURN = r"""
endpoint:
  description:
    - The endpoint with the attributes that C(DescribeEndpoints) gives; in check mode as it would be. Empty if there is
      none.
  returned: success
  type: dict
  contains:
    endpoint_arn:
      description: Its ARN.
      returned: if there is an endpoint
      type: str
      sample: arn:aws:dms:eu-west-1:123456789012:endpoint:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567
    endpoint_identifier:
      description: Its identifier.
      returned: if there is an endpoint
      type: str
      sample: orders-source
    engine_name:
      description: Its engine.
      returned: if there is an endpoint
      type: str
      sample: mysql
    status:
      description: Its status.
      returned: if there is an endpoint
      type: str
      sample: active
    tags:
      description: Its tags.
      returned: if there is an endpoint
      type: dict
      sample: {Team: shop}
changes:
  description: The properties that were changed, or would be in check mode; all of them if the endpoint comes or goes.
  returned: success
  type: list
  elements: dict
  contains:
    property:
      description: The property, named as in RV(endpoint). Of a password only that it was set.
      returned: always
      type: str
      sample: port
    before:
      description: What it was, or null.
      returned: always
      type: raw
      sample: 3306
    after:
      description: What it is now, or null.
      returned: always
      type: raw
      sample: 3307
"""

from ansible_collections.sysops.aws.plugins.module_utils.dms.endpoint import ARGUMENT_SPEC, CONSTRAINTS, Endpoint
from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource


def main() -> None:
    run_resource(Endpoint, ARGUMENT_SPEC, **CONSTRAINTS)


if __name__ == "__main__":
    main()
