"""What somebody may see: the accounts that the configuration hides from them, and everything else.

An account under several rules is shown to whom each of them names. Whatever is not known hides: a user group that
Slack does not tell of, an account whose name nobody could read while a rule goes by names.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from bot.models.exemptions import ExemptionScope
from bot.models.keys import KeyArn, MalformedArnError
from bot.models.requests import Request
from bot.models.scans import EVERYWHERE, Account
from bot.models.visibility import VisibilityRule
from bot.rules.patterns import are_apart, may_be_an_id

_TOKEN = re.compile(r'(?:"[^"]*"|[^\s"])+')

Covers = Callable[[ExemptionScope, Callable[[str], bool]], bool]
"""Says whether a pattern covers any key of the last scan but those of accounts that are hidden, as the second says."""


def covers_nothing(_scope: ExemptionScope, _hides: Callable[[str], bool]) -> bool:
    """Stand in where nobody can tell: what is not known hides."""
    return False


@dataclass(frozen=True)
class Sight:
    """`hidden` are patterns of the accounts that are not to be seen, `known` all accounts that the last scan met.

    `covers` tells of patterns that name aliases or tags whether they mean anything that may be seen.
    """

    hidden: tuple[str, ...] = ()
    known: tuple[Account, ...] = ()
    covers: Covers = field(default=covers_nothing, compare=False, repr=False)

    @property
    def is_whole(self) -> bool:
        return not self.hidden

    @cached_property
    def hidden_accounts(self) -> frozenset[str]:
        """Which of the known accounts are hidden, by their ids."""
        return frozenset(each.id for each in self.known if is_hidden(each, self.hidden))

    @cached_property
    def _known_ids(self) -> frozenset[str]:
        return frozenset(each.id for each in self.known)

    def hides(self, account: str) -> bool:
        """Say whether an account, by its id, is not to be seen. One that is not known has no name to go by."""
        if account in self._known_ids:
            return account in self.hidden_accounts
        return is_hidden(Account(account, account), self.hidden)

    def shows_any(self, account: str) -> bool:
        """Say whether a pattern of names or ids means any account that may be seen, of those that the last scan met."""
        wanted = account.lower()
        named = (each for each in self.known if _like(each.id, wanted) or _like(each.name, wanted))
        return self.is_whole or any(each.id not in self.hidden_accounts for each in named)

    def hides_key(self, arn: str) -> bool:
        if self.is_whole:
            return False
        try:
            return self.hides(KeyArn.parse(arn).account)
        except MalformedArnError:
            return False

    def hides_scope(self, scope: ExemptionScope) -> bool:
        """Say whether an exemption's scope would tell of hidden keys: all that it can name or covers is hidden.

        One of all accounts names none of them. An alias or a tag in it, though, may be that of a hidden key alone.
        """
        if self.is_whole:
            return False
        if self._hides_accounts_of(scope):
            return True
        return bool(scope.alias or scope.tag) and self._may_cover_hidden(scope) and not self.covers(scope, self.hides)

    def hides_part_of(self, scope: ExemptionScope) -> bool:
        """Say whether an exemption's scope may cover any key that is not to be seen, now or later.

        It covers keys of accounts that come later as well, so those that the last scan met are not all of them.
        """
        return not self.is_whole and (self._hides_accounts_of(scope) or self._may_cover_hidden(scope))

    def _hides_accounts_of(self, scope: ExemptionScope) -> bool:
        if scope.arn:
            return self.hides_key(scope.arn)
        if not scope.account:
            return False
        if scope.one_account:
            return self.hides(scope.one_account)
        wanted = scope.account.lower()
        named = [each for each in self.known if _like(each.id, wanted) or _like(each.name, wanted)]
        if named:
            return all(each.id in self.hidden_accounts for each in named)
        return any(_like(wanted, each) for each in self.hidden)

    def _may_cover_hidden(self, scope: ExemptionScope) -> bool:
        if scope.arn or scope.one_account:
            return False
        wanted = scope.account.lower() or "*"
        hidden = (each for each in self.known if each.id in self.hidden_accounts)
        known = any(_like(each.id, wanted) or _like(each.name, wanted) for each in hidden)
        return known or any(_may_meet(wanted, each) for each in self.hidden)

    def hides_request(self, request: Request) -> bool:
        """Say whether a request covers any key that is not to be seen."""
        return not self.is_whole and any(
            self.hides_key(each.arn) if each.exemption is None else self.hides_scope(each.exemption.scope)
            for each in request.changes
        )

    def hides_part_of_request(self, request: Request) -> bool:
        """Say whether a request covers, or by its pattern may cover, any key that is not to be seen."""
        patterns = (each.exemption.scope for each in request.changes if each.exemption is not None)
        return self.hides_request(request) or any(map(self.hides_part_of, patterns))


EVERYTHING = Sight()
"""The sight of whom nothing is hidden from."""


def is_hidden(account: Account, hidden: Sequence[str]) -> bool:
    """Say whether an account matches one of the patterns, or may match one of them for all that is known of it.

    As in approval rules, a pattern of digits matches ids alone: members may rename their accounts.
    """
    if not hidden or account.id == EVERYWHERE:
        return False
    is_nameless = account.name in {"", account.id}
    return any(
        _like(account.id, each) or (not each.isdigit() and (is_nameless or _like(account.name, each)))
        for each in hidden
    )


def groups_asked_about(rules: Iterable[VisibilityRule], user_id: str) -> tuple[str, ...]:
    """Name the user groups that decide what somebody may see: those of rules that do not name them by themselves."""
    matter = (each for rule in rules if user_id not in rule.visible_to for each in rule.visible_to)
    return tuple(dict.fromkeys(each for each in matter if each.startswith("S")))


def hidden_from(rules: Iterable[VisibilityRule], entries: Iterable[str] = ()) -> tuple[str, ...]:
    """Collect the patterns of the rules that name none of these: somebody's own id and their groups'."""
    theirs = frozenset(entries)
    return tuple(dict.fromkeys(each for rule in rules if theirs.isdisjoint(rule.visible_to) for each in rule.accounts))


def scope_named(written: str) -> ExemptionScope:
    """Take from the scope of an exemption, or the filter of a scan, as it is written, what tells of keys."""
    if written.startswith("arn:"):
        return ExemptionScope(arn=written)
    parts = dict(token.replace('"', "").split("=", 1) for token in _TOKEN.findall(written) if "=" in token)
    tag = next(((name.removeprefix("tag:"), value) for name, value in parts.items() if name.startswith("tag:")), None)
    return ExemptionScope(account=parts.get("account", ""), alias=parts.get("alias", ""), tag=tag)


def _may_meet(scope: str, hidden: str) -> bool:
    """Say whether an account that nobody knows yet may match both; in doubt, yes. An id is that of one account."""
    if hidden.isdigit():
        return _like(hidden, scope)
    return may_be_an_id(scope) or may_be_an_id(hidden) or not are_apart(scope, hidden)


def _like(text: str, pattern: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower())
