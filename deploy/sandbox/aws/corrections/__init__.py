"""What moto 5.2 answers differently from AWS, answered as AWS does."""

from collections.abc import Callable, Mapping
from typing import Any

from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.corrections import accounts, keys, lists, rotation, simulation, sts, units

Operation = Callable[[Call], Mapping[str, Any]]

CORRECTED: Mapping[str, Operation] = {
    "account:ListRegions": accounts.list_regions,
    "iam:SimulatePrincipalPolicy": simulation.simulate_principal_policy,
    "kms:CancelKeyDeletion": keys.cancel_key_deletion,
    "kms:CreateKey": keys.create_key,
    "kms:DescribeKey": keys.describe_key,
    "kms:DisableKey": keys.disable_key,
    "kms:DisableKeyRotation": rotation.disable_key_rotation,
    "kms:EnableKey": keys.enable_key,
    "kms:EnableKeyRotation": rotation.enable_key_rotation,
    "kms:GetKeyRotationStatus": rotation.get_key_rotation_status,
    "kms:ListAliases": lists.list_aliases,
    "kms:ListKeyRotations": rotation.list_key_rotations,
    "kms:ListKeys": lists.list_keys,
    "kms:ListResourceTags": lists.list_resource_tags,
    "kms:ReplicateKey": keys.replicate_key,
    "kms:RotateKeyOnDemand": rotation.rotate_key_on_demand,
    "kms:ScheduleKeyDeletion": keys.schedule_key_deletion,
    "kms:UpdatePrimaryRegion": keys.update_primary_region,
    "organizations:ListAccounts": accounts.list_accounts,
    "organizations:ListAccountsForParent": units.list_accounts_for_parent,
    "organizations:ListOrganizationalUnitsForParent": units.list_organizational_units_for_parent,
    "organizations:ListParents": units.list_parents,
    "organizations:ListTagsForResource": units.list_tags_for_resource,
    "sts:AssumeRole": sts.assume_role,
    "sts:GetCallerIdentity": sts.get_caller_identity,
}
