"""The ids that Slack gives: channels, people, user groups, workspaces."""

import re
from typing import Annotated

from pydantic import AfterValidator

from bot.settings.mistakes import mistake, shown

_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}", re.ASCII)
_PERSON = re.compile(r"[UW][A-Z0-9]{2,}", re.ASCII)
_WORKSPACE = re.compile(r"[TE][A-Z0-9]+", re.ASCII)
_APPROVER = re.compile(r"[UWS][A-Z0-9]+", re.ASCII)


def _channel(text: str) -> str:
    if _CHANNEL.fullmatch(text):
        return text
    what = "is the name of a channel" if text.startswith("#") else "is not the id of a channel"
    raise mistake(
        f"{shown(text)} {what}.", "Write its id (C… or G…); Slack shows it at the bottom of the channel's details."
    )


def _recipient(text: str) -> str:
    if _CHANNEL.fullmatch(text) or _PERSON.fullmatch(text):
        return text
    raise mistake(
        f"{shown(text)} is not the id of a channel or a person.",
        "Write a channel's id (C… or G…) or a person's (U… or W…); Slack shows them in the details and in the profile.",
    )


def _workspace(text: str) -> str:
    if _WORKSPACE.fullmatch(text):
        return text
    raise mistake(f"{shown(text)} is not the id of a workspace.", "Write its id (T… or E…).")


def check_approver(text: str) -> str:
    """Read the id of a person or a user group."""
    if _APPROVER.fullmatch(text):
        return text
    what = "is not the id of a Slack user or group"
    if "@" in text:
        what = "is a name" if text.startswith("@") else "is an e-mail address"
    raise mistake(
        f"{shown(text)} {what}.",
        "Write the person's id (U… or W…) or the user group's (S…); profiles offer to copy it.",
    )


Channel = Annotated[str, AfterValidator(_channel)]
Recipient = Annotated[str, AfterValidator(_recipient)]
Workspace = Annotated[str, AfterValidator(_workspace)]
Approver = Annotated[str, AfterValidator(check_approver)]
