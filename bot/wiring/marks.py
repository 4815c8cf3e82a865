"""What a worker and whoever shares out a scan must have in common: one version of the bot, and what it reads by."""

import hashlib
import os
import secrets
import socket
from dataclasses import asdict
from pathlib import Path

import bot
from bot.models.shares import ScanWorker
from bot.settings import Settings
from bot.settings.fingerprint import fingerprint

_CHARACTERS = 8


def this_process(settings: Settings) -> ScanWorker:
    """Say where this process runs, and mark its version and its settings. No mark tells what is behind it."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    return ScanWorker(secrets.token_hex(8), name, _version(), _settings(settings))


def _version() -> str:
    """Mark the code itself: what is called by the same number need not read alike."""
    folder = Path(bot.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:_CHARACTERS]


def _settings(settings: Settings) -> str:
    """Mark what decides how an account is read and judged; who is asked for what, and when, does not."""
    scan = settings.scan
    read_by = {
        "audit_role": scan.audit_role,
        "external_id": scan.external_id,
        "quota_share": scan.quota_share,
        "policy": settings.policy.max_rotation_period_days,
        "owners": asdict(settings.owner_rules),
    }
    return fingerprint(read_by)
