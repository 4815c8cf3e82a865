"""Words of the settings' own: the names of rules and digests, and what a quiet day gets."""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from bot.models.digests import Quiet
from bot.settings.mistakes import mistake, shown

_NAME = re.compile(r"(?!\s)[\w .,:/()+-]{0,60}(?<!\s)")


def _name_of(what: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if _NAME.fullmatch(text):
            return text
        raise mistake(f"{shown(text)} is not a name for {what}.", "Use up to 60 letters, digits, spaces and _.,:/()+-.")

    return check


def _on_quiet_days(text: str) -> str:
    if text in list(Quiet):
        return text
    raise mistake(
        f"{shown(text)} says nothing about quiet days.",
        'Write "line" for a line each day, "once" for a line on the first of several, or "full" for the whole digest.',
    )


RuleName = Annotated[str, AfterValidator(_name_of("a rule"))]
RouteName = Annotated[str, AfterValidator(_name_of("a digest"))]
OnQuietDays = Annotated[str, AfterValidator(_on_quiet_days)]
