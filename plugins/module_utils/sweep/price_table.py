# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS's public list prices: US dollars, on demand, without tax, as of 2026-09. Data only.

Written by scripts/renew_price_table.py, which reads AWS's public price list
(offers/v1.0/aws/<service>/current/region_index.json). A cell that isn't here isn't known.
This edition: extracts dated 2026-08-22 to 2026-10-10; IOPS and throughput of gp3, io1 and io2 from 2022-02-10,
read again in 5 regions on 2026-09-29.
"""

from __future__ import annotations

AS_OF = "2026-09"

# Item -> its unit.
ITEMS: dict[str, str] = {
    "alb_hour": "hour",
    "clb_hour": "hour",
    "cloudwatch_custom_metric_month_tier1": "metric-month",
    "cloudwatch_logs_ingest_gb": "GB",
    "cloudwatch_logs_storage_gb_month": "GB-month",
    "ebs_gp2_gb_month": "GB-month",
    "ebs_gp3_gb_month": "GB-month",
    "ebs_gp3_iops_month_over_3000": "IOPS-month",
    "ebs_gp3_mbps_month_over_125": "MiB/s-month",
    "ebs_io1_gb_month": "GB-month",
    "ebs_io1_iops_month": "IOPS-month",
    "ebs_io2_gb_month": "GB-month",
    "ebs_io2_iops_month_tier1": "IOPS-month",
    "ebs_sc1_gb_month": "GB-month",
    "ebs_snapshot_gb_month": "GB-month",
    "ebs_st1_gb_month": "GB-month",
    "ebs_standard_gb_month": "GB-month",
    "gwlb_hour": "hour",
    "nlb_hour": "hour",
    "public_ipv4_hour": "hour",
    "rds_backup_gb_month": "GB-month",
    "rds_gp2_storage_gb_month": "GB-month",
    "rds_gp3_storage_gb_month": "GB-month",
}

# Region -> item -> US dollars a unit.
# fmt: off
PRICES: dict[str, dict[str, float]] = {
    "ap-northeast-1": {
        "alb_hour": 0.0243, "clb_hour": 0.027, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.76, "cloudwatch_logs_storage_gb_month": 0.033, "ebs_gp2_gb_month": 0.12,
        "ebs_gp3_gb_month": 0.096, "ebs_gp3_iops_month_over_3000": 0.006, "ebs_gp3_mbps_month_over_125": 0.048,
        "ebs_io1_gb_month": 0.142, "ebs_io1_iops_month": 0.074, "ebs_io2_gb_month": 0.142,
        "ebs_io2_iops_month_tier1": 0.074, "ebs_sc1_gb_month": 0.018, "ebs_snapshot_gb_month": 0.05,
        "ebs_st1_gb_month": 0.054, "ebs_standard_gb_month": 0.08, "nlb_hour": 0.0243, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.138, "rds_gp3_storage_gb_month": 0.138,
    },
    "ap-northeast-2": {
        "alb_hour": 0.0225, "clb_hour": 0.025, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.76, "cloudwatch_logs_storage_gb_month": 0.0314, "ebs_gp2_gb_month": 0.114,
        "ebs_gp3_gb_month": 0.0912, "ebs_gp3_iops_month_over_3000": 0.0057, "ebs_gp3_mbps_month_over_125": 0.0456,
        "ebs_io1_gb_month": 0.1278, "ebs_io1_iops_month": 0.0666, "ebs_io2_gb_month": 0.1278,
        "ebs_io2_iops_month_tier1": 0.0666, "ebs_sc1_gb_month": 0.0174, "ebs_snapshot_gb_month": 0.05,
        "ebs_st1_gb_month": 0.051, "ebs_standard_gb_month": 0.08, "nlb_hour": 0.0225, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.131, "rds_gp3_storage_gb_month": 0.131,
    },
    "ap-northeast-3": {
        "alb_hour": 0.0243, "clb_hour": 0.027, "cloudwatch_logs_storage_gb_month": 0.033, "ebs_gp2_gb_month": 0.12,
        "ebs_gp3_gb_month": 0.096, "ebs_gp3_iops_month_over_3000": 0.006, "ebs_gp3_mbps_month_over_125": 0.048,
        "ebs_io1_gb_month": 0.142, "ebs_io1_iops_month": 0.074, "ebs_io2_gb_month": 0.142,
        "ebs_io2_iops_month_tier1": 0.074, "ebs_sc1_gb_month": 0.018, "ebs_snapshot_gb_month": 0.05,
        "ebs_st1_gb_month": 0.054, "ebs_standard_gb_month": 0.08, "nlb_hour": 0.0243, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.138, "rds_gp3_storage_gb_month": 0.138,
    },
    "ap-south-1": {
        "alb_hour": 0.0239, "clb_hour": 0.0266, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.67, "cloudwatch_logs_storage_gb_month": 0.03, "ebs_gp2_gb_month": 0.114,
        "ebs_gp3_gb_month": 0.0912, "ebs_gp3_iops_month_over_3000": 0.0057, "ebs_gp3_mbps_month_over_125": 0.0456,
        "ebs_io1_gb_month": 0.131, "ebs_io1_iops_month": 0.068, "ebs_io2_gb_month": 0.131,
        "ebs_io2_iops_month_tier1": 0.068, "ebs_sc1_gb_month": 0.0174, "ebs_snapshot_gb_month": 0.05,
        "ebs_st1_gb_month": 0.051, "ebs_standard_gb_month": 0.08, "nlb_hour": 0.0239, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.131, "rds_gp3_storage_gb_month": 0.131,
    },
    "ap-southeast-1": {
        "alb_hour": 0.0252, "clb_hour": 0.028, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.7, "cloudwatch_logs_storage_gb_month": 0.03, "ebs_gp2_gb_month": 0.12,
        "ebs_gp3_gb_month": 0.096, "ebs_gp3_iops_month_over_3000": 0.006, "ebs_gp3_mbps_month_over_125": 0.048,
        "ebs_io1_gb_month": 0.138, "ebs_io1_iops_month": 0.072, "ebs_io2_gb_month": 0.138,
        "ebs_io2_iops_month_tier1": 0.072, "ebs_sc1_gb_month": 0.018, "ebs_snapshot_gb_month": 0.05,
        "ebs_st1_gb_month": 0.054, "ebs_standard_gb_month": 0.08, "nlb_hour": 0.0252, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.138, "rds_gp3_storage_gb_month": 0.138,
    },
    "ap-southeast-2": {
        "alb_hour": 0.0252, "clb_hour": 0.028, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.67, "cloudwatch_logs_storage_gb_month": 0.033, "ebs_gp2_gb_month": 0.12,
        "ebs_gp3_gb_month": 0.096, "ebs_gp3_iops_month_over_3000": 0.006, "ebs_gp3_mbps_month_over_125": 0.048,
        "ebs_io1_gb_month": 0.138, "ebs_io1_iops_month": 0.072, "ebs_io2_gb_month": 0.138,
        "ebs_io2_iops_month_tier1": 0.072, "ebs_sc1_gb_month": 0.018, "ebs_snapshot_gb_month": 0.055,
        "ebs_st1_gb_month": 0.054, "ebs_standard_gb_month": 0.08, "nlb_hour": 0.0252, "public_ipv4_hour": 0.005,
        "rds_gp2_storage_gb_month": 0.138, "rds_gp3_storage_gb_month": 0.138,
    },
    "ca-central-1": {
        "alb_hour": 0.02475, "clb_hour": 0.0275, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.55, "cloudwatch_logs_storage_gb_month": 0.033, "ebs_gp2_gb_month": 0.11,
        "ebs_gp3_gb_month": 0.088, "ebs_gp3_iops_month_over_3000": 0.0055, "ebs_gp3_mbps_month_over_125": 0.044,
        "ebs_io1_gb_month": 0.138, "ebs_io1_iops_month": 0.072, "ebs_io2_gb_month": 0.138,
        "ebs_io2_iops_month_tier1": 0.072, "ebs_sc1_gb_month": 0.0168, "ebs_snapshot_gb_month": 0.055,
        "ebs_st1_gb_month": 0.05, "ebs_standard_gb_month": 0.055, "nlb_hour": 0.02475, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.105, "rds_gp2_storage_gb_month": 0.127, "rds_gp3_storage_gb_month": 0.127,
    },
    "eu-central-1": {
        "alb_hour": 0.027, "clb_hour": 0.03, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.63, "cloudwatch_logs_storage_gb_month": 0.0324, "ebs_gp2_gb_month": 0.119,
        "ebs_gp3_gb_month": 0.0952, "ebs_gp3_iops_month_over_3000": 0.006, "ebs_gp3_mbps_month_over_125": 0.0476,
        "ebs_io1_gb_month": 0.149, "ebs_io1_iops_month": 0.078, "ebs_io2_gb_month": 0.149,
        "ebs_io2_iops_month_tier1": 0.078, "ebs_sc1_gb_month": 0.018, "ebs_snapshot_gb_month": 0.054,
        "ebs_st1_gb_month": 0.054, "ebs_standard_gb_month": 0.059, "nlb_hour": 0.027, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.103, "rds_gp2_storage_gb_month": 0.137, "rds_gp3_storage_gb_month": 0.137,
    },
    "eu-north-1": {
        "alb_hour": 0.02394, "clb_hour": 0.0266, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.54, "cloudwatch_logs_storage_gb_month": 0.028, "ebs_gp2_gb_month": 0.1045,
        "ebs_gp3_gb_month": 0.0836, "ebs_gp3_iops_month_over_3000": 0.0052, "ebs_gp3_mbps_month_over_125": 0.0418,
        "ebs_io1_gb_month": 0.1311, "ebs_io1_iops_month": 0.0684, "ebs_io2_gb_month": 0.1311,
        "ebs_io2_iops_month_tier1": 0.0684, "ebs_sc1_gb_month": 0.01596, "ebs_snapshot_gb_month": 0.0475,
        "ebs_st1_gb_month": 0.0475, "ebs_standard_gb_month": 0.05225, "nlb_hour": 0.02394, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.09, "rds_gp2_storage_gb_month": 0.12, "rds_gp3_storage_gb_month": 0.12,
    },
    "eu-west-1": {
        "alb_hour": 0.0252, "clb_hour": 0.028, "cloudwatch_logs_ingest_gb": 0.57,
        "cloudwatch_logs_storage_gb_month": 0.03, "ebs_gp2_gb_month": 0.11, "ebs_gp3_gb_month": 0.088,
        "ebs_gp3_iops_month_over_3000": 0.0055, "ebs_gp3_mbps_month_over_125": 0.044, "ebs_io1_gb_month": 0.138,
        "ebs_io1_iops_month": 0.072, "ebs_io2_gb_month": 0.138, "ebs_io2_iops_month_tier1": 0.072,
        "ebs_sc1_gb_month": 0.0168, "ebs_snapshot_gb_month": 0.05, "ebs_st1_gb_month": 0.05,
        "ebs_standard_gb_month": 0.055, "nlb_hour": 0.0252, "public_ipv4_hour": 0.005, "rds_backup_gb_month": 0.095,
        "rds_gp2_storage_gb_month": 0.127, "rds_gp3_storage_gb_month": 0.127,
    },
    "eu-west-2": {
        "alb_hour": 0.02646, "clb_hour": 0.0294, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.5985, "cloudwatch_logs_storage_gb_month": 0.0315, "ebs_gp2_gb_month": 0.116,
        "ebs_gp3_gb_month": 0.0928, "ebs_gp3_iops_month_over_3000": 0.0058, "ebs_gp3_mbps_month_over_125": 0.0464,
        "ebs_io1_gb_month": 0.145, "ebs_io1_iops_month": 0.076, "ebs_io2_gb_month": 0.145,
        "ebs_io2_iops_month_tier1": 0.076, "ebs_sc1_gb_month": 0.0174, "ebs_snapshot_gb_month": 0.053,
        "ebs_st1_gb_month": 0.053, "ebs_standard_gb_month": 0.058, "gwlb_hour": 0.0147, "nlb_hour": 0.02646,
        "public_ipv4_hour": 0.005, "rds_backup_gb_month": 0.1, "rds_gp2_storage_gb_month": 0.133,
        "rds_gp3_storage_gb_month": 0.133,
    },
    "eu-west-3": {
        "alb_hour": 0.02646, "clb_hour": 0.0294, "cloudwatch_logs_ingest_gb": 0.5985,
        "cloudwatch_logs_storage_gb_month": 0.0315, "ebs_gp2_gb_month": 0.116, "ebs_gp3_gb_month": 0.0928,
        "ebs_gp3_iops_month_over_3000": 0.0058, "ebs_gp3_mbps_month_over_125": 0.0464, "ebs_io1_gb_month": 0.145,
        "ebs_io1_iops_month": 0.076, "ebs_io2_gb_month": 0.145, "ebs_io2_iops_month_tier1": 0.076,
        "ebs_sc1_gb_month": 0.0174, "ebs_snapshot_gb_month": 0.053, "ebs_st1_gb_month": 0.053,
        "ebs_standard_gb_month": 0.058, "nlb_hour": 0.02646, "public_ipv4_hour": 0.005, "rds_backup_gb_month": 0.1,
        "rds_gp2_storage_gb_month": 0.133, "rds_gp3_storage_gb_month": 0.133,
    },
    "sa-east-1": {
        "alb_hour": 0.034, "clb_hour": 0.034, "cloudwatch_logs_ingest_gb": 0.9,
        "cloudwatch_logs_storage_gb_month": 0.0408, "ebs_gp2_gb_month": 0.19, "ebs_gp3_gb_month": 0.152,
        "ebs_gp3_iops_month_over_3000": 0.0095, "ebs_gp3_mbps_month_over_125": 0.076, "ebs_io1_gb_month": 0.238,
        "ebs_io1_iops_month": 0.091, "ebs_io2_gb_month": 0.238, "ebs_io2_iops_month_tier1": 0.091,
        "ebs_sc1_gb_month": 0.0288, "ebs_snapshot_gb_month": 0.068, "ebs_st1_gb_month": 0.086,
        "ebs_standard_gb_month": 0.12, "nlb_hour": 0.034, "public_ipv4_hour": 0.005, "rds_backup_gb_month": 0.095,
        "rds_gp2_storage_gb_month": 0.219, "rds_gp3_storage_gb_month": 0.219,
    },
    "us-east-1": {
        "alb_hour": 0.0225, "clb_hour": 0.025, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.5, "cloudwatch_logs_storage_gb_month": 0.03, "ebs_gp2_gb_month": 0.1,
        "ebs_gp3_gb_month": 0.08, "ebs_gp3_iops_month_over_3000": 0.005, "ebs_gp3_mbps_month_over_125": 0.04,
        "ebs_io1_gb_month": 0.125, "ebs_io1_iops_month": 0.065, "ebs_io2_gb_month": 0.125,
        "ebs_io2_iops_month_tier1": 0.065, "ebs_sc1_gb_month": 0.015, "ebs_snapshot_gb_month": 0.05,
        "ebs_st1_gb_month": 0.045, "ebs_standard_gb_month": 0.05, "gwlb_hour": 0.0125, "nlb_hour": 0.0225,
        "public_ipv4_hour": 0.005, "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.115,
        "rds_gp3_storage_gb_month": 0.115,
    },
    "us-east-2": {
        "alb_hour": 0.0225, "clb_hour": 0.025, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.5, "cloudwatch_logs_storage_gb_month": 0.03, "ebs_gp2_gb_month": 0.1,
        "ebs_gp3_gb_month": 0.08, "ebs_gp3_iops_month_over_3000": 0.005, "ebs_gp3_mbps_month_over_125": 0.04,
        "ebs_io1_gb_month": 0.125, "ebs_io1_iops_month": 0.065, "ebs_io2_gb_month": 0.125,
        "ebs_io2_iops_month_tier1": 0.065, "ebs_sc1_gb_month": 0.015, "ebs_snapshot_gb_month": 0.05,
        "ebs_st1_gb_month": 0.045, "ebs_standard_gb_month": 0.05, "nlb_hour": 0.0225, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.115, "rds_gp3_storage_gb_month": 0.115,
    },
    "us-west-1": {
        "alb_hour": 0.0252, "clb_hour": 0.028, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.67, "cloudwatch_logs_storage_gb_month": 0.033, "ebs_gp2_gb_month": 0.12,
        "ebs_gp3_gb_month": 0.096, "ebs_gp3_iops_month_over_3000": 0.006, "ebs_gp3_mbps_month_over_125": 0.048,
        "ebs_io1_gb_month": 0.138, "ebs_io1_iops_month": 0.072, "ebs_io2_gb_month": 0.138,
        "ebs_io2_iops_month_tier1": 0.072, "ebs_sc1_gb_month": 0.018, "ebs_snapshot_gb_month": 0.055,
        "ebs_st1_gb_month": 0.054, "ebs_standard_gb_month": 0.08, "nlb_hour": 0.0252, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.138, "rds_gp3_storage_gb_month": 0.138,
    },
    "us-west-2": {
        "alb_hour": 0.0225, "clb_hour": 0.025, "cloudwatch_custom_metric_month_tier1": 0.3,
        "cloudwatch_logs_ingest_gb": 0.5, "cloudwatch_logs_storage_gb_month": 0.03, "ebs_gp2_gb_month": 0.1,
        "ebs_gp3_gb_month": 0.08, "ebs_gp3_iops_month_over_3000": 0.005, "ebs_gp3_mbps_month_over_125": 0.04,
        "ebs_io1_gb_month": 0.125, "ebs_io1_iops_month": 0.065, "ebs_io2_gb_month": 0.125,
        "ebs_io2_iops_month_tier1": 0.065, "ebs_sc1_gb_month": 0.015, "ebs_snapshot_gb_month": 0.05,
        "ebs_st1_gb_month": 0.045, "ebs_standard_gb_month": 0.05, "nlb_hour": 0.0225, "public_ipv4_hour": 0.005,
        "rds_backup_gb_month": 0.095, "rds_gp2_storage_gb_month": 0.115, "rds_gp3_storage_gb_month": 0.115,
    },
}
# fmt: on

# Cells that weren't read from the price list itself, or not at the table's date.
WEAK: frozenset[tuple[str, str]] = frozenset(
    {
        ("ap-northeast-1", "rds_backup_gb_month"),
        ("ap-northeast-2", "rds_backup_gb_month"),
        ("ap-northeast-3", "rds_backup_gb_month"),
        ("ap-south-1", "rds_backup_gb_month"),
        ("ap-southeast-1", "rds_backup_gb_month"),
        ("ca-central-1", "rds_backup_gb_month"),
        ("eu-central-1", "rds_backup_gb_month"),
        ("eu-north-1", "cloudwatch_custom_metric_month_tier1"),
        ("eu-north-1", "cloudwatch_logs_ingest_gb"),
        ("eu-north-1", "rds_backup_gb_month"),
        ("eu-west-1", "rds_backup_gb_month"),
        ("eu-west-2", "gwlb_hour"),
        ("eu-west-2", "rds_backup_gb_month"),
        ("eu-west-3", "rds_backup_gb_month"),
        ("sa-east-1", "rds_backup_gb_month"),
        ("us-east-1", "gwlb_hour"),
        ("us-east-1", "rds_backup_gb_month"),
        ("us-east-2", "rds_backup_gb_month"),
        ("us-west-1", "rds_backup_gb_month"),
        ("us-west-2", "rds_backup_gb_month"),
    }
)
