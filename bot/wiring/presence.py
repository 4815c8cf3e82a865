"""Wires what tells the other processes of this one."""

import os
import secrets
import socket
from collections.abc import Callable
from datetime import datetime

from bot.models.processes import RunningProcess
from bot.presence import Presence
from bot.settings import Settings
from bot.settings.fingerprint import fingerprints
from bot.store.engine import Database
from bot.store.processes import ProcessStore


def build_presence(settings: Settings, database: Database, clock: Callable[[], datetime], *, app: str = "") -> Presence:
    """Give this process a name. `app` says which Slack app it serves, if any."""
    now = clock()
    name = f"{socket.gethostname()}:{os.getpid()}"
    me = RunningProcess(f"p{secrets.token_hex(6)}", name, now, now, fingerprints(settings, app))
    slack = settings.slack
    return Presence(ProcessStore(database), me, clock, None if slack is None else slack.fallback or slack.channel)
