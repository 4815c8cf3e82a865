"""Subcommands that only look. Everybody in the workspace may."""

import json
from difflib import get_close_matches
from itertools import islice

from bot.key import UnknownKeyError
from bot.models.approval import RuledKey
from bot.models.scans import Account
from bot.models.trail import ChainedEntry
from bot.rules.progress import not_scanned
from bot.rules.sight import Sight, scope_named
from bot.views import help as help_views
from bot.views.accounts import accounts as accounts_view
from bot.views.history import history as history_view
from bot.views.history import keys_in
from bot.views.key import key_details
from bot.views.listing import listing as listing_view
from bot.views.posture import is_by_team
from bot.views.posture import status as status_view
from bot.views.rules import explanation
from bot.views.rules import rules as rules_view
from handlers.call import Call
from handlers.desk import Desk
from handlers.typed import unquoted

HISTORY_ENTRIES = 20
MOST_LOOKED_AT = 500
"""So many entries of the record are looked at for those that are told."""


def status(desk: Desk, call: Call) -> None:
    posture = desk.postures.of(call.scope())
    if posture is None:
        call.reply.say(not_scanned(desk.postures.running()))
        return
    if posture.scope and not posture.summary.keys and not is_by_team(posture.scope):
        call.say(f"No key of the last scan matches “{posture.scope}”. {nothing_matches(bool(posture.gaps))}")
        return
    call.show(status_view(posture, desk.asking.clock()))


def listing(desk: Desk, call: Call) -> None:
    page = desk.listing.page(call.scope(), 1, who=call.actor.user_id)
    if page is None:
        call.reply.say(not_scanned(desk.postures.running()))
    else:
        call.show(listing_view(page))


def key(desk: Desk, call: Call) -> None:
    if not call.text:
        call.reply.say("Which key? For example `/kms-rotation key payments/card-vault`: an ARN, an id or an alias.")
        return
    try:
        finding = desk.lookup.find(unquoted(call.text), call.sight)
    except UnknownKeyError as error:
        call.say(str(error))
        return
    call.show(key_details(desk.lookup.read(finding)))


def rules(desk: Desk, call: Call) -> None:
    """Explain the rules for a key, or say them all. `rules explain <key>`, as on the command line, is the same."""
    word, _, rest = call.text.partition(" ")
    text = rest.strip() if word.lower() == "explain" else call.text
    if not text:
        call.reply.show(rules_view(desk.explaining.house))
        return
    try:
        found = desk.lookup.find(unquoted(text), call.sight)
    except UnknownKeyError as error:
        call.say(str(error))
        return
    key = RuledKey(found.arn, Account(found.account, found.account_name), found.region)
    call.show(explanation(desk.explaining.explain(key, found.name, call.actor)))


def history(desk: Desk, call: Call) -> None:
    subjects, arn = None, ""
    if call.text:
        try:
            arn = desk.lookup.find(unquoted(call.text), call.sight).arn
        except UnknownKeyError as error:
            subjects = frozenset({call.text})
            if not newest_entries(desk, call.sight, subjects):
                call.say(str(error))
                return
        else:
            subjects = frozenset({arn, *desk.requests.ids_for(arn)})
    entries = newest_entries(desk, call.sight, subjects, arn)
    call.show(history_view(entries, call.text, desk.lookup.names(keys_in(entries))))


def newest_entries(
    desk: Desk, sight: Sight, subjects: frozenset[str] | None = None, arn: str = ""
) -> list[ChainedEntry]:
    """Return the newest entries but those about keys that somebody may not see, or about others than the one named."""
    if sight.is_whole and not arn:
        return desk.trail.newest(HISTORY_ENTRIES, subjects)
    found = (each for each in desk.trail.newest(MOST_LOOKED_AT, subjects) if not arn or _may_be_about(each, arn))
    shown = found if sight.is_whole else (each for each in found if not _is_hidden(desk, sight, each))
    return list(islice(shown, HISTORY_ENTRIES))


def _may_be_about(entry: ChainedEntry, arn: str) -> bool:
    """A request for several keys has entries about each of them."""
    return json.loads(entry.details).get("key") in {None, arn}


def _is_hidden(desk: Desk, sight: Sight, entry: ChainedEntry) -> bool:
    """Say whether an entry is about a hidden key: by itself, or by the request or exemption that it tells of."""
    scope = str(json.loads(entry.details).get("scope") or "")
    if any(sight.hides_scope(scope_named(each)) for each in (entry.subject, scope, *keys_in([entry]))):
        return True
    asked = desk.requests.get(entry.subject)
    return asked is not None and sight.hides_request(asked)


def accounts(desk: Desk, call: Call) -> None:
    found = desk.postures.accounts(call.scope().of_accounts)
    if found is None:
        call.reply.say(not_scanned(desk.postures.running()))
    else:
        call.show(accounts_view(found))


def help_(desk: Desk, call: Call) -> None:  # noqa: ARG001 - every subcommand is called alike
    name = call.text.lower()
    if not name:
        call.reply.show(help_views.overview())
    elif name in help_views.BY_NAME:
        call.reply.show(help_views.about(help_views.BY_NAME[name]))
    else:
        near = get_close_matches(name, list(help_views.BY_NAME), 1, cutoff=0.5)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        call.reply.show(help_views.overview(f"There is no “{call.text[:40]}”.{hint}"))


def nothing_matches(has_gaps: bool) -> str:  # noqa: FBT001 - read with its name at the one call
    if has_gaps:
        return "Not everything could be read, so it may be among what is missing: `/kms-rotation accounts` tells."
    return "`/kms-rotation help status` says what a filter can be."
