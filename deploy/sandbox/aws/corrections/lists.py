"""Lists and tags."""

from collections.abc import Mapping
from typing import Any

from moto.kms.models import kms_backends

from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.corrections.paging import page
from deploy.sandbox.aws.keys import find


def list_keys(call: Call) -> Mapping[str, Any]:
    keys = list(kms_backends[call.account][call.region].keys.values())
    entries = [(key.id, {"KeyId": key.id, "KeyArn": key.arn}) for key in keys]
    return page(call, "Keys", entries, most=1000, default=100)


def list_aliases(call: Call) -> Mapping[str, Any]:
    """Without `KeyId` also AWS's own names that no key has yet: they carry no `TargetKeyId`."""
    account, region = call.account, call.region
    prefix = f"arn:aws:kms:{region}:{account}:"
    if "KeyId" in call.parameters:
        keys = [find(call.parameters["KeyId"], account, region, aliases=False)]
        unused: list[str] = []
    else:
        keys = list(kms_backends[account][region].keys.values())
        unused = call.world.unused_aliases.get((account, region), [])
    entries: list[tuple[str, Any]] = [
        (
            name,
            {
                "AliasName": name,
                "AliasArn": prefix + name,
                "TargetKeyId": key.id,
                "CreationDate": key.creation_date,
                "LastUpdatedDate": key.creation_date,
            },
        )
        for key in keys
        for name in list(key.aliases)
    ]
    entries += [(name, {"AliasName": name, "AliasArn": prefix + name}) for name in unused]
    return page(call, "Aliases", entries, most=100, default=50)


def list_resource_tags(call: Call) -> Mapping[str, Any]:
    key = call.key()
    tags = kms_backends[key.account_id][key.region].list_resource_tags(key.id)["Tags"]
    return page(call, "Tags", [(tag["TagKey"], tag) for tag in tags], most=50, default=50)
