"""The keys as AWS holds them now, by account and Region, each with what can be done to it behind the bot's back."""

import json
from collections.abc import Iterator
from itertools import groupby

from moto.kms.models import Key, kms_backends

from deploy.sandbox.aws.keys import is_replica
from deploy.sandbox.aws.server import AwsServer
from deploy.sandbox.aws.world import World
from deploy.sandbox.panel.levers import KEY_LEVERS
from deploy.sandbox.panel.naming import account_name, key_name
from deploy.sandbox.slack.page.html import Html, element, join

MOST_SHOWN = 200
ORIGINS = {"EXTERNAL": "imported material", "AWS_CLOUDHSM": "in CloudHSM", "EXTERNAL_KEY_STORE": "in an external store"}
STATES = {
    "Disabled": "disabled",
    "PendingDeletion": "pending deletion",
    "PendingReplicaDeletion": "pending deletion, once its replicas are gone",
    "PendingImport": "pending import",
}


def keys_now(aws: AwsServer, find: str) -> Html:
    """Those whose name, id, account or Region holds every word of `find`."""
    touched = aws.faults.touched_keys
    there = {str(key.arn): key for key in aws.world.every_key()}
    words = find.lower().split()
    found = [key for key in {**touched, **there}.values() if _is_meant(aws.world, key, words)]
    if not found:
        return element("p", f"No key is called “{find}”." if find else "There are no keys.", class_="none")
    order = list(aws.world.accounts)
    found.sort(key=lambda key: (order.index(key.account_id), key.key_manager == "AWS", key.region, key_name(key)))
    shown = [
        _account(aws, account, list(keys), set(touched))
        for account, keys in groupby(found[:MOST_SHOWN], key=lambda key: str(key.account_id))
    ]
    more = len(found) - MOST_SHOWN
    rest = element("p", f"{more} more. Narrow them down above.", class_="none") if more > 0 else ""
    return join(shown, rest)


def _is_meant(world: World, key: Key, words: list[str]) -> bool:
    about = f"{' '.join(key.aliases)} {key.arn} {account_name(world, key.account_id)}".lower()
    return all(word in about for word in words)


def _account(aws: AwsServer, account: str, keys: list[Key], touched: set[str]) -> Html:
    count = f"{len(keys)} {'key' if len(keys) == 1 else 'keys'}"
    heading = element("h3", account_name(aws.world, account), element("small", f"{account} · {count}"))
    rows = [_key(aws.world, key, is_touched=key.arn in touched) for key in keys]
    return element("section", heading, element("ul", rows), class_="account")


def _key(world: World, key: Key, *, is_touched: bool) -> Html:
    exists = key.id in kms_backends[key.account_id][key.region].keys
    notes = [str(key.region), *_kind(key)]
    notes.append(STATES.get(key.key_state, "") if exists else "deleted")
    told = " · ".join(note for note in notes if note)
    chip = element("span", "changed by you", class_="chip") if is_touched else ""
    name = element("strong", key_name(key)) if exists else element("s", key_name(key))
    return element(
        "li",
        element("div", name, chip, element("small", told), class_="what", title=key.arn),
        _rotation(world, key) if exists else "",
        _menu(world, key, exists=exists, is_touched=is_touched),
        data_testid="key",
        data_arn=key.arn,
    )


def _kind(key: Key) -> Iterator[str]:
    if key.key_manager == "AWS":
        yield "AWS managed"
    if key.key_spec != "SYMMETRIC_DEFAULT":
        yield str(key.key_spec)
    if key.origin != "AWS_KMS":
        yield ORIGINS[key.origin]
    if is_replica(key):
        yield "replica"


def _rotation(world: World, key: Key) -> Html:
    if key.key_manager == "AWS":
        return element("span", "by AWS", class_="rotation na")
    if not _can_rotate(key):
        return element("span", "cannot rotate", class_="rotation na")
    rotation = world.rotation(key)
    if rotation.enabled:
        return element("span", f"every {rotation.period_days} days", class_="rotation on")
    return element("span", "rotation off", class_="rotation off")


def _can_rotate(key: Key) -> bool:
    return bool(key.key_spec == "SYMMETRIC_DEFAULT" and key.origin == "AWS_KMS")


def _menu(world: World, key: Key, *, exists: bool, is_touched: bool) -> Html:
    levers = list(_levers(world, key, exists=exists, is_touched=is_touched))
    if not levers:
        return Html()
    where = f"panel|{key.arn}"
    items = [
        element(
            "button",
            KEY_LEVERS[lever].label,
            name="lever",
            value=lever,
            role="menuitem",
            data_key=f"{where}|{lever}",
            data_confirm=_question(key) if lever == "delete_key" else None,
        )
        for lever in levers
    ]
    summary = element("summary", "⋯", aria_label=f"Change {key_name(key)} in AWS", data_key=f"{where}|menu")
    heading = element("p", "Behind the bot’s back", class_="menu-heading")
    menu = element("div", heading, items, role="menu", class_="menu")
    hidden = element("input", type="hidden", name="arn", value=key.arn)
    return element("form", hidden, element("details", summary, menu, class_="overflow"), class_="lever")


def _levers(world: World, key: Key, *, exists: bool, is_touched: bool) -> Iterator[str]:
    if is_touched:
        yield "put_back"
    if not exists or key.key_manager == "AWS":
        return
    if _can_rotate(key):
        yield "disable_rotation" if world.rotation(key).enabled else "enable_rotation"
    if key.key_state == "Enabled":
        yield "disable_key"
    if "Deletion" not in key.key_state:
        yield "schedule_deletion"
    yield "delete_key"


def _question(key: Key) -> str:
    plain = {
        "title": "Delete the key now?",
        "text": f"{key_name(key)} is gone at once, as after its waiting period. You can put it back.",
        "confirm": "Delete it",
        "deny": "Keep it",
    }
    return json.dumps(
        {part: {"type": "plain_text", "text": text} for part, text in plain.items()} | {"style": "danger"}
    )
