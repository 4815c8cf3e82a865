"""What holds of lists, whatever is in them."""

from pydantic import AfterValidator, Field

from bot.settings.mistakes import mistake

LIST = Field(strict=False)
"""TOML has lists where the settings have tuples; everything else is taken strictly."""


def at_least_one(what: str, remedy: str) -> AfterValidator:
    """Refuse an empty list."""

    def check(items: tuple[str, ...]) -> tuple[str, ...]:
        if not items:
            raise mistake(what, remedy)
        return items

    return AfterValidator(check)
