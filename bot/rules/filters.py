"""Filters as people type them: `account=prod-* region=eu-* team="web shop" alias=alias/web/*` or a bare word.

Shell wildcards as in fnmatch. A bare word matches anywhere in alias, key id, account id or account name.
"""

import re
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from bot.models.keys import Finding
from bot.models.scans import EVERYWHERE, Account, Coverage
from bot.rules.sight import Sight, is_hidden

_TOKEN = re.compile(r'(?:"[^"]*"|[^\s"])+')


class BadFilterError(ValueError):
    """The filter cannot be understood; the message says which part and what would be."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Every part that is given must match. Matching ignores case.

    `hidden` is not typed by people: patterns of the accounts that whoever asks is not to see. No key of them matches.
    """

    account: str = ""
    region: str = ""
    team: str = ""
    alias: str = ""
    word: str = ""
    hidden: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """Read a filter; raise BadFilterError for a part that is unknown, empty or given twice."""
        known = [field.name for field in fields(cls) if field.name not in {"word", "hidden"}]
        parts: dict[str, str] = {}
        if text.count('"') % 2:
            raise BadFilterError("The filter opens a quotation mark and does not close it.")
        for token in _TOKEN.findall(text):
            name, equals, value = " ".join(token.replace('"', "").split()).partition("=")
            name, value = (name.lower(), value.strip()) if equals else ("word", name)
            if equals and name not in known:
                near = get_close_matches(name, known, 1)
                hint = f" Did you mean `{near[0]}=`?" if near else ""
                names = ", ".join(f"{each}=…" for each in known)
                raise BadFilterError(f"There is no filter “{name}”.{hint} Filters are {names} or a bare word.")
            if not value and not equals:
                raise BadFilterError("The quotation marks hold nothing.")
            if not value:
                raise BadFilterError(f"“{name}=” needs a value, for example {name}=prod-*.")
            if name in parts:
                what = "a second bare word" if name == "word" else f"“{name}=” twice"
                raise BadFilterError(f"The filter has {what}; give each part once. Use wildcards to match more.")
            parts[name] = value.lower()
        return cls(**parts)  # type: ignore[arg-type]  # the parts are all but the hidden ones

    def seen_by(self, sight: Sight) -> "Filter":
        """Leave out what somebody is not to see."""
        return replace(self, hidden=sight.hidden)

    @property
    def is_empty(self) -> bool:
        return self == Filter()

    @property
    def looks_at_accounts(self) -> bool:
        return bool(self.account or self.hidden)

    @property
    def looks_at_each_key(self) -> bool:
        """Say whether it asks for more than the account, the Region and the team, which many keys share."""
        return bool(self.alias or self.word)

    def __str__(self) -> str:
        typed = (field.name for field in fields(self) if field.name != "hidden")
        given = [(name, getattr(self, name)) for name in typed if getattr(self, name)]
        return " ".join(_written(value) if name == "word" else f"{name}={_written(value)}" for name, value in given)

    def matches(self, finding: Finding) -> bool:
        return (
            self.matches_account(Account(finding.account, finding.account_name))
            and self.matches_region(finding.region)
            and self.matches_team(finding.team)
            and (
                not self.alias
                or any(
                    _like(alias, self.alias) or _like(alias.removeprefix("alias/"), self.alias)
                    for alias in finding.aliases
                )
            )
            and (not self.word or self._word_matches(finding))
        )

    def matches_account(self, account: Account) -> bool:
        """Say whether the account part matches; an account that is hidden never does."""
        is_named = not self.account or _like(account.id, self.account) or _like(account.name, self.account)
        return is_named and not is_hidden(account, self.hidden)

    def matches_region(self, region: str) -> bool:
        return not self.region or _like(region, self.region)

    def matches_team(self, team: str | None) -> bool:
        return not self.team or _like(team or "", self.team)

    @property
    def of_accounts(self) -> "Filter":
        """The same where accounts are looked for: the bare word is part of their names or ids.

        Raises BadFilterError for parts that an account does not have, which would be passed over.
        """
        if self.team or self.alias:
            raise BadFilterError(
                "Accounts are found by account=…, region=… or a bare word; team=… and alias=… choose among keys."
            )
        if self.word and self.account:
            raise BadFilterError("account=… and a bare word both name accounts; give one of them.")
        return replace(self, account=self.word_pattern, word="") if self.word else self

    @property
    def but_for_team(self) -> "Filter":
        """All parts but the team: a key's team is known only while the key is open."""
        return replace(self, team="")

    def may_concern(self, covered: Coverage) -> bool:
        """Say whether a target may hold keys that match; where the filter's other parts cannot tell, it may."""
        account = Account(covered.account, covered.account_name)
        return (covered.account == EVERYWHERE or self.matches_account(account)) and (
            covered.region == EVERYWHERE or self.matches_region(covered.region)
        )

    @property
    def word_pattern(self) -> str:
        """The bare word as a pattern: it matches anywhere, unless it has wildcards of its own."""
        return self.word if any(sign in self.word for sign in "*?[") else f"*{self.word}*"

    def word_matches_account(self, account: Account) -> bool:
        """Say whether the bare word matches all keys of an account."""
        return _like(account.id, self.word_pattern) or _like(account.name, self.word_pattern)

    def _word_matches(self, finding: Finding) -> bool:
        texts = (
            *finding.aliases,
            *(alias.removeprefix("alias/") for alias in finding.aliases),
            finding.key_id,
            finding.arn,
        )
        return self.word_matches_account(Account(finding.account, finding.account_name)) or any(
            _like(text, self.word_pattern) for text in texts
        )


def _written(value: str) -> str:
    """Write a value so that it is read again; a quotation mark in it, which cannot be, becomes any one letter."""
    value = value.replace('"', "?")
    return f'"{value}"' if len(value.split()) > 1 else value


def _like(text: str, pattern: str) -> bool:
    return fnmatchcase(text.lower(), pattern)
