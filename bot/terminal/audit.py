"""`audit show`, `audit verify` and `audit export`. None of them changes anything."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict

from rich.text import Text

from bot.errors import UserError
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.trail import Trail
from bot.terminal.exits import Exit
from bot.terminal.output import console, say, table
from bot.terminal.upkeep import never_used, revision


def audit(settings: Settings, asked: Namespace) -> int:
    if asked.anchor and asked.action != "verify":
        raise UserError(f"--anchor goes with audit verify, not with audit {asked.action}.")
    with closing(Database(settings.database_url)) as database:
        if revision(database) is None:
            raise never_used(database, "no audit trail")
        return _ACTIONS[asked.action](Trail(database), asked)


def _verify(trail: Trail, asked: Namespace) -> int:
    """Prove the chain and the anchors, or say which entry is at fault."""
    verified = trail.verify(asked.anchor)
    if verified.fault is not None:
        say(verified.fault)
    for sentence in verified.unmet:
        say(sentence)
    if not verified.holds:
        return Exit.NON_COMPLIANT
    entries = "1 entry" if verified.entries == 1 else f"{verified.entries} entries"
    say(f"The audit trail holds: {entries}, head {verified.head}.")
    for anchor in asked.anchor:
        say(f"Entry {anchor.sequence} has the hash of its anchor: nothing up to it was changed since that was taken.")
    return Exit.OK


def _show(trail: Trail, asked: Namespace) -> int:
    """Print the newest entries, the newest last, where the eye is."""
    entries = trail.newest(asked.limit)[::-1]
    if not entries:
        say("The audit trail is empty.")
        return Exit.OK
    shown = table("#", "At", "Who", "Act", "Subject", "Details")
    for entry in entries:
        details = ", ".join(
            f"{key}={value}" for key, value in json.loads(entry.details).items() if value not in ("", None)
        )
        at = entry.at[:19] + "Z"
        shown.add_row(*map(Text, (str(entry.sequence), at, entry.actor, entry.act, entry.subject, details)))
    console().print(shown)
    return Exit.OK


def _export(trail: Trail, _asked: Namespace) -> int:
    """Write a line of JSON for each entry, exactly as stored, oldest first."""
    for entry in trail.entries():
        sys.stdout.write(json.dumps(asdict(entry)) + "\n")
    sys.stdout.flush()
    return Exit.OK


_ACTIONS: Mapping[str, Callable[[Trail, Namespace], int]] = {"show": _show, "verify": _verify, "export": _export}
