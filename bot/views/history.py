"""The audit trail, newest first, in sentences."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.models.anchor import Anchor
from bot.models.messages import Rendered
from bot.models.requests import ChangeKind
from bot.models.trail import SYSTEM, Act, ChainedEntry
from bot.views.budget import message
from bot.views.moments import moment
from bot.views.parts import anchored, context, mrkdwn
from bot.views.rich import Inline, bold, bullets, rich, user
from bot.views.sentences import fallback
from bot.views.words import cut, listed

_CODE = re.compile("[A-Z]+(_[A-Z]+)*")

SENTENCES: dict[str, str] = {
    Act.BOT_STARTED: "started",
    Act.SCAN_STARTED: "started a scan",
    Act.SCAN_FINISHED: "finished a scan",
    Act.SCAN_INTERRUPTED: "saw a scan interrupted",
    Act.SCAN_STOPPED: "stopped a scan",
    Act.DIGEST_POSTED: "made a digest",
    Act.DIGEST_KEPT: "made the digest of a quiet day, and did not post it",
    Act.REQUEST_CREATED: "asked for rotation",
    Act.APPROVAL_GIVEN: "approved",
    Act.REQUEST_APPROVED: "gave the last approval that was needed",
    Act.REQUEST_PRE_APPROVED: "let a request through, which its rules approve beforehand",
    Act.GLASS_BROKEN: "broke the glass",
    Act.APPROVERS_REMINDED: "reminded the approvers",
    Act.REQUEST_DENIED: "denied",
    Act.REQUEST_EXPIRED: "let a request expire",
    Act.REQUEST_CANCELLED: "withdrew a request",
    Act.REQUEST_DONE: "finished a request",
    Act.REFUSED: "was refused",
    Act.CHANGE_CLAIMED: "took up a change",
    Act.CHANGE_CALLING: "is about to call EnableKeyRotation",
    Act.CHANGE_SUCCEEDED: "enabled rotation",
    Act.CHANGE_FAILED: "failed to change a key",
    Act.CHANGE_NOT_NEEDED: "found nothing to change",
    Act.CHANGE_RETRIED: "had failed changes tried again",
    Act.MESSAGE_LOST: "could not show a message",
    Act.FIX_UNDONE: "found that an enabled rotation was undone",
    Act.ROUTE_EDITED: "edited where a digest goes and when",
    Act.KEY_SNOOZED: "snoozed a key",
    Act.KEY_WOKEN: "woke a snoozed key",
    Act.CHANNEL_LOST: "found a channel that takes no messages",
    Act.CHANNEL_BACK: "could post to a channel again",
    Act.SETTINGS_DIFFER: "found that processes of the bot have different settings",
    Act.SETTINGS_AGREE: "found that these settings do not differ any more",
    Act.EXEMPTION_GRANTED: "let an exemption begin",
    Act.EXEMPTION_LAPSED: "saw an exemption end",
    Act.EXEMPTION_WITHDRAWN: "withdrew an exemption",
    Act.EXEMPTION_RENEWED: "replaced an exemption with a later one",
}

ON_DEMAND: dict[str, str] = {
    Act.REQUEST_CREATED: "asked for a rotation on demand",
    Act.CHANGE_CALLING: "is about to call RotateKeyOnDemand",
    Act.CHANGE_SUCCEEDED: "had AWS rotate a key on demand",
    Act.CHANGE_FAILED: "failed to rotate a key on demand",
    Act.CHANGE_NOT_NEEDED: "found that a rotation on demand had been carried out",
}
"""The same where a key is rotated once."""

EXEMPT: dict[str, str] = {
    Act.REQUEST_CREATED: "asked for an exemption",
    Act.CHANGE_CLAIMED: "took up an exemption",
    Act.CHANGE_SUCCEEDED: "granted an exemption",
    Act.CHANGE_FAILED: "failed to grant an exemption",
    Act.CHANGE_NOT_NEEDED: "found nothing to exempt",
}
"""The same where keys are to be exempt."""

BY_KIND: Mapping[str, Mapping[str, str]] = {
    ChangeKind.ROTATE_ON_DEMAND: SENTENCES | ON_DEMAND,
    ChangeKind.EXEMPT: SENTENCES | EXEMPT,
}


def keys_in(entries: Sequence[ChainedEntry]) -> frozenset[str]:
    """The ARNs of the keys that entries speak of."""
    subjects = {entry.subject for entry in entries if entry.subject.startswith("arn:")}
    return frozenset(arn for entry in entries for arn in _keys(json.loads(entry.details))) | subjects


def history(entries: Sequence[ChainedEntry], about: str, names: Mapping[str, str]) -> Rendered:
    """`names` says how people call the keys, by ARN; a key that nobody knows any more goes by its ARN."""
    title = f"The record of {cut(about, 200)}" if about else "The newest entries of the record"
    if not entries:
        sentence = f"The record holds nothing about {cut(about, 200)}." if about else "The record is empty so far."
        return message(fallback(sentence), [rich(sentence)])
    lines = [_line(entry, names) for entry in entries]
    foot = context(anchored(Anchor.of(entries[0])), mrkdwn("`python -m bot audit verify` proves the whole chain."))
    return message(fallback(f"{title}."), [rich(bold(title)), bullets(*lines), foot])


def _line(entry: ChainedEntry, names: Mapping[str, str]) -> list[Inline]:
    who: Inline = "The bot" if entry.actor == SYSTEM else user(entry.actor)
    if entry.actor[:1] not in {"U", "W"} and entry.actor != SYSTEM:
        who = entry.actor
    did = _sentences(entry).get(entry.act) or _words(entry.act)
    return [
        f"#{entry.sequence} ",
        moment(datetime.fromisoformat(entry.at)),
        " – ",
        who,
        f" {did}",
        *_about(entry, names),
    ]


def _sentences(entry: ChainedEntry) -> Mapping[str, str]:
    """Say what is said of an entry's kind of change; older entries do not name it, and enabled rotation."""
    return BY_KIND.get(str(json.loads(entry.details).get("change")), SENTENCES)


def _about(entry: ChainedEntry, names: Mapping[str, str]) -> list[Inline]:
    details: dict[str, Any] = json.loads(entry.details)
    said_of_it = ("wish", "result", "reason", "scope", "why", "note")
    told = [*_rules(details), *(_words(str(details[name])) for name in said_of_it if details.get(name))]
    subject = ", ".join(names.get(arn, arn) for arn in _keys(details)) or names.get(entry.subject, entry.subject)
    aws = details.get("aws_request_id")
    if aws:
        told.append(f"AWS request id {aws}")
    said = "; ".join([*(each.rstrip(".") for each in told[:-1]), *told[-1:]])
    aside = f" ({cut(said, 300)})" if said else ""
    if entry.act == Act.BOT_STARTED:  # its subject is the bot once more
        return [aside]
    if entry.act in {Act.DIGEST_POSTED, Act.DIGEST_KEPT} and details.get("channel"):  # nobody knows a digest by its id
        return [": ", {"type": "channel", "channel_id": str(details["channel"])}, aside]
    return [f": {cut(subject, 200)}{aside}"]


def _rules(details: Mapping[str, Any]) -> Sequence[str]:
    """Name the rules under which somebody decided: each was written down with what it asked for."""
    names = [rule.partition(": ")[0] for rule in str(details.get("rule") or "").split("; ") if rule]
    return [f"by the rule{'s' if len(names) > 1 else ''} {listed(names)}"] if names else []


def _keys(details: Mapping[str, Any]) -> Sequence[str]:
    one = details.get("key")
    return [str(one)] if one else [str(each) for each in details.get("keys", ())]


def _words(told: str) -> str:
    """`NOT_AN_APPROVER` as people say it; sentences as they are."""
    return told.replace("_", " ").lower() if _CODE.fullmatch(told) else told
