"""What two processes compare to know whether they have the same settings."""

import hashlib
import json

from bot.settings.tree import Document, Settings

_OF_ONE_PROCESS = frozenset({"slack", "web", "log"})
"""No sections to compare: how a process is reached and writes its log is its own affair; Slack's is made by hand."""

_OF_ONE_MACHINE = {"processes"}
"""`scan.processes` goes by the cores of a machine."""

_CHARACTERS = 8
"""Enough to tell two apart, and too few to try out what stands behind one."""


def fingerprints(settings: Settings, app: str = "") -> dict[str, str]:
    """Make a fingerprint of each section. `app` says which Slack app this is; tokens and secrets are left out."""
    sections: dict[str, object] = {
        name: getattr(settings, name).model_dump(mode="json", exclude=_OF_ONE_MACHINE, warnings="none")
        for name in Document.model_fields
        if name not in _OF_ONE_PROCESS
    }
    slack = settings.slack
    if slack is not None:
        sections["slack"] = [app, slack.api_url, slack.channel, slack.fallback, sorted(slack.workspaces)]
    return {name: fingerprint(section) for name, section in sections.items()}


def fingerprint(section: object) -> str:
    """Make the fingerprint of anything that JSON can hold."""
    text = json.dumps(section, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_CHARACTERS]
