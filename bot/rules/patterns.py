"""What two patterns have in common, whatever texts there are. Shell wildcards that ignore case."""

from fnmatch import fnmatchcase

from bot.models.exemptions import WILDCARDS


def is_wider(wide: str, narrow: str) -> bool:
    """Say whether a pattern matches all that another one does; in doubt, no.

    Whatever stands for a wildcard in the narrower one, the wider one must match: nothing, one sign, many.
    """
    wide, narrow = wide.lower(), narrow.lower()
    if wide == narrow or not wide.strip("*"):
        return True
    if "[" in wide + narrow:
        return False
    probes = [narrow.replace("?", "\0").replace("*", filling) for filling in ("", "\0", "\0" * 9)]
    return all(fnmatchcase(probe, wide) for probe in probes)


def are_apart(one: str, other: str) -> bool:
    """Say whether no text matches both patterns; in doubt, no."""
    one, other = one.lower(), other.lower()
    for text, pattern in ((one, other), (other, one)):
        if not any(sign in text for sign in WILDCARDS):
            return not fnmatchcase(text, pattern)
    starts, ends = (_start(one), _start(other)), (_start(one[::-1]), _start(other[::-1]))
    return not all(first.startswith(second) or second.startswith(first) for first, second in (starts, ends))


def _start(pattern: str) -> str:
    """What stands before the first wildcard; from behind, that of a pattern which is reversed."""
    end = next((place for place, sign in enumerate(pattern) if sign in "*?[]"), len(pattern))
    return pattern[:end]


def may_be_an_id(pattern: str) -> bool:
    """Say whether a pattern of accounts may match one by its id."""
    return "[" in pattern or all(sign.isdigit() or sign in WILDCARDS for sign in pattern)
