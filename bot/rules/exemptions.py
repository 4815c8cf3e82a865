"""Which keys an exemption covers, and how its scope is typed: an ARN, or `account=prod-* alias=legacy/* tag:team=web`.

Shell wildcards that ignore case. As in approval rules, an account pattern of digits matches ids alone: members may
rename their accounts. An alias is compared without the prefix that all have. Tags are known of open keys alone.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches
from fnmatch import translate
from functools import lru_cache
from typing import Protocol

from bot.models.exemptions import Exemption, ExemptionScope
from bot.models.keys import KeyArn, MalformedArnError
from bot.rules.filters import BadFilterError

MOST_CHARACTERS = 256
"""As many as an open request is known by."""

_TOKEN = re.compile(r'(?:"[^"]*"|[^\s"])+')
_PARTS = ("account", "region", "alias")
_ACCOUNT_ID_DIGITS = 12
_ALIAS = re.compile(r"[a-z0-9/_*?\[\]!-]+")
_REGION = re.compile(r"[a-z0-9*?\[\]!-]+")


class Coverable(Protocol):
    """What there is to know of a key: a finding, or a row of one."""

    @property
    def arn(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def account_name(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def aliases(self) -> Sequence[str]: ...
    @property
    def tags(self) -> Sequence[Sequence[str]]: ...


def parse_scope(text: str) -> ExemptionScope:
    """Read a scope; raise BadFilterError for a part that is unknown, empty, given twice, or of no use."""
    if text.startswith("arn:"):
        return tidy(ExemptionScope(arn=text.strip()))
    if text.count('"') % 2:
        raise BadFilterError("The scope opens a quotation mark and does not close it.")
    parts: dict[str, str] = {}
    tag: tuple[str, str] | None = None
    for token in _TOKEN.findall(text):
        name, equals, value = " ".join(token.replace('"', "").split()).partition("=")
        if not equals:
            raise BadFilterError(f"“{name}” is no part of a scope. Write {_NAMES}.")
        if name.lower().startswith("tag:"):
            if tag is not None:
                raise BadFilterError("The scope has two tags; give one.")
            tag = (name[len("tag:") :].strip(), value)
            continue
        name = name.lower()
        if name not in _PARTS:
            near = get_close_matches(name, _PARTS, 1)
            hint = f" Did you mean `{near[0]}=`?" if near else ""
            raise BadFilterError(f"There is no “{name}=” in a scope.{hint} Write {_NAMES}.")
        if name in parts:
            raise BadFilterError(f"The scope has “{name}=” twice; give each part once. Use wildcards to match more.")
        if not value.strip():
            raise BadFilterError(f"“{name}=” needs a value, for example {_EXAMPLES[name]}.")
        parts[name] = value
    return tidy(ExemptionScope(tag=tag, **parts))


def tidy(scope: ExemptionScope) -> ExemptionScope:
    """Write a scope in the one way in which it is kept. Raises BadFilterError where it could match nothing."""
    alias = scope.alias.strip().lower().removeprefix("alias/")
    tag = None if scope.tag is None else (scope.tag[0].strip(), scope.tag[1].strip().lower())
    tidied = ExemptionScope(scope.arn.strip(), _word(scope.account), _word(scope.region), alias, tag)
    fault = _fault(tidied)
    if fault:
        raise BadFilterError(fault)
    return ExemptionScope(arn=tidied.arn) if tidied.is_one_key else tidied


def covers(scope: ExemptionScope, key: Coverable) -> bool:
    """Say whether a scope covers a key, as it was last read."""
    return key.arn == scope.arn if scope.arn else _pattern(scope).matches(_Lowered(key))


class Excuses:
    """The exemptions that hold, ready to be asked about many keys."""

    def __init__(self, exemptions: Iterable[Exemption]) -> None:
        latest_last = sorted(exemptions, key=lambda each: each.until)
        self.of_keys = {each.scope.arn: each.until for each in latest_last if each.scope.is_one_key}
        self.of_patterns = [(each.scope, each.until) for each in latest_last[::-1] if not each.scope.is_one_key]
        self._patterns = [(_pattern(scope), until) for scope, until in self.of_patterns]

    def until(self, key: Coverable) -> datetime | None:
        """Say until when an open key is excused: as long as any exemption that covers it holds."""
        lowered = _Lowered(key)
        by_pattern = next((until for pattern, until in self._patterns if pattern.matches(lowered)), None)
        by_arn = self.of_keys.get(key.arn)
        return max(filter(None, (by_pattern, by_arn)), default=None)


class _Lowered:
    """What patterns are compared with, in small letters: once a key, however many patterns there are."""

    __slots__ = ("account", "account_name", "aliases", "region", "tags")

    def __init__(self, key: Coverable) -> None:
        self.account, self.account_name, self.region = key.account, key.account_name.lower(), key.region.lower()
        self.aliases = [each.lower().removeprefix("alias/") for each in key.aliases]
        self.tags = [(name.lower(), value.lower()) for name, value in key.tags]


class _Pattern:
    """A scope of several keys, ready to be compared with many of them."""

    __slots__ = ("_account", "_alias", "_is_account_id", "_region", "_tag", "_value")

    def __init__(self, scope: ExemptionScope) -> None:
        self._is_account_id = scope.account.isdigit()
        self._account, self._region, self._alias = map(_matcher, (scope.account, scope.region, scope.alias))
        name, value = scope.tag or ("", "")
        self._tag, self._value = name.lower(), _matcher(value)

    def matches(self, key: _Lowered) -> bool:
        return (
            (self._alias is None or any(map(self._alias, key.aliases)))
            and (self._region is None or self._region(key.region) is not None)
            and self._matches_account(key)
            and (self._value is None or any(name == self._tag and self._value(value) for name, value in key.tags))
        )

    def _matches_account(self, key: _Lowered) -> bool:
        if self._account is None or self._account(key.account):
            return True
        return not self._is_account_id and self._account(key.account_name) is not None


@lru_cache(maxsize=1024)
def _pattern(scope: ExemptionScope) -> _Pattern:
    return _Pattern(scope)


def _matcher(pattern: str) -> Callable[[str], re.Match[str] | None] | None:
    return re.compile(translate(pattern.lower())).match if pattern else None


def _word(text: str) -> str:
    return " ".join(text.split()).lower()


def _fault(scope: ExemptionScope) -> str:
    """Say what keeps a scope from ever matching a key; nothing where it may."""
    if scope.arn:
        return _fault_of_arn(scope.arn)
    if scope.tag is not None and not all(scope.tag):
        return 'A tag needs a name and a value, for example tag:team=payments; "*" stands for any value.'
    if scope.tag is not None and "=" in scope.tag[0]:
        return "The name of a tag cannot have = in it here."
    if scope == ExemptionScope():
        return f"The scope names nothing. Write {_NAMES}, or the ARN of one key."
    if scope.account.isdigit() and len(scope.account) != _ACCOUNT_ID_DIGITS:
        return f"“{scope.account}” has {len(scope.account)} digits; the id of an account has {_ACCOUNT_ID_DIGITS}."
    if scope.alias and not _ALIAS.fullmatch(scope.alias):
        return f"“{scope.alias}” matches no alias: those have letters, digits and /_- in them."
    if scope.region and not _REGION.fullmatch(scope.region):
        return f"“{scope.region}” matches no Region; those are written as eu-central-1 is."
    if any('"' in part for part in (scope.account, *(scope.tag or ()))):
        return "A quotation mark cannot be part of a scope; write ? for it."
    if len(str(scope)) > MOST_CHARACTERS:
        return f"The scope has {len(str(scope))} characters, and {MOST_CHARACTERS} are the most. Use wildcards."
    return ""


def _fault_of_arn(arn: str) -> str:
    try:
        KeyArn.parse(arn)
    except MalformedArnError as error:
        return f"{error}."
    return "" if len(arn) <= MOST_CHARACTERS else "That ARN is longer than any."


_EXAMPLES = {"account": "account=prod-*", "region": "region=eu-*", "alias": "alias=legacy/*"}
_NAMES = "account=…, region=…, alias=… or tag:name=value"
