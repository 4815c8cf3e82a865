"""Words for sentences: texts cut to a length, things counted and listed, people mentioned."""

from collections.abc import Iterable, Sequence

MOST_PEOPLE = 8


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def counted(number: int, one: str, many: str | None = None) -> str:
    """“1 key”, “2 keys”, “1,000 keys”."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def some(names: Sequence[str], most: int, total: int | None = None) -> str:
    """Name a few and say how many more there are."""
    total = len(names) if total is None else total
    shown = [cut(name, 80) for name in names[:most]]
    return ", ".join(shown) + (f" and {total - len(shown):,} more" if total > len(shown) else "")


def people(user_ids: Iterable[str], most: int = MOST_PEOPLE) -> str:
    """Mentions for mrkdwn: “@a, @b and @c”, or “@a, @b and 7 others”."""
    mentions = [f"<@{each}>" for each in user_ids]
    others = len(mentions) - most
    return listed([*mentions[:most], counted(others, "other")] if others > 0 else mentions)
