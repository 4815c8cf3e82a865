"""Who people are, asked of Slack at the moment when it matters."""

import logging
from collections.abc import Iterable
from typing import Any

from slack_sdk import WebClient

from bot.models.people import LookupFailure, Person
from bot.models.slack import SlackFailure
from bot.models.staffing import UserGroup
from bot.slack.failures import SLACK_ERRORS, failure_of

_NO_SUCH_GROUP = "no_such_subteam"

log = logging.getLogger(__name__)


class People:
    """Looks people and user groups up, live. A look-up that fails says so; nobody is let through on a guess."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def person(self, user_id: str) -> Person | LookupFailure:
        """Ask `users.info`. https://docs.slack.dev/reference/methods/users.info."""
        try:
            user: dict[str, Any] = self._client.users_info(user=user_id)["user"]
        except SLACK_ERRORS as error:
            return LookupFailure("users.info", failure_of(error).code)
        if not {"id", "team_id"} <= user.keys():
            return LookupFailure("users.info", "no workspace in the answer")
        return _person(user)

    def by_email(self, email: str) -> Person | LookupFailure:
        """Ask who has an e-mail address. Slack does not find people who have left by theirs.

        https://docs.slack.dev/reference/methods/users.lookupByEmail
        """
        try:
            user: dict[str, Any] = self._client.users_lookupByEmail(email=email)["user"]
        except SLACK_ERRORS as error:
            return LookupFailure("users.lookupByEmail", failure_of(error).code)
        if not {"id", "team_id"} <= user.keys():
            return LookupFailure("users.lookupByEmail", "no workspace in the answer")
        return _person(user)

    def groups(self) -> tuple[UserGroup, ...] | LookupFailure:
        """List every user group that there is, with its members."""
        try:
            listed = self._client.usergroups_list(include_users=True, include_disabled=True)["usergroups"]
        except SLACK_ERRORS as error:
            return LookupFailure("usergroups.list", failure_of(error).code)
        return tuple(map(_group, listed))

    def members(self, groups: Iterable[str]) -> dict[str, frozenset[str]] | LookupFailure:
        """Ask who is in each user group. The free plan has none (`plan_upgrade_required`): name people instead.

        A group that was deleted or disabled has nobody in it; those of the other groups count as before.
        https://docs.slack.dev/reference/methods/usergroups.users.list#errors
        """
        found: dict[str, frozenset[str]] = {}
        for group in groups:
            try:
                answer = self._client.usergroups_users_list(usergroup=group)
            except SLACK_ERRORS as error:
                code = failure_of(error).code
                if code != _NO_SUCH_GROUP:
                    return LookupFailure(f"usergroups.users.list of {group}", code)
                log.warning("The user group %s, which the configuration names, is not there (%s).", group, code)
                found[group] = frozenset()
            else:
                found[group] = frozenset(answer["users"])
        return found

    def user_groups(self, wanted: Iterable[str]) -> dict[str, UserGroup | SlackFailure]:
        """Say what each user group is and who is in it, in one call for all of them.

        One that the list leaves out is asked for by itself, for an organisation's groups need not be in a workspace's
        list. https://docs.slack.dev/reference/methods/usergroups.list
        """
        asked_for = tuple(dict.fromkeys(wanted))
        if not asked_for:
            return {}
        try:
            listed = self._client.usergroups_list(include_users=True, include_disabled=True)["usergroups"]
        except SLACK_ERRORS as error:
            return dict.fromkeys(asked_for, failure_of(error))
        known = {each["id"]: _group(each) for each in listed}
        return {each: known.get(each) or self._group_by_itself(each) for each in asked_for}

    def _group_by_itself(self, group: str) -> UserGroup | SlackFailure:
        try:
            return UserGroup(group, members=frozenset(self._client.usergroups_users_list(usergroup=group)["users"]))
        except SLACK_ERRORS as error:
            return failure_of(error)


def _person(told: dict[str, Any]) -> Person:
    """Read a user. https://docs.slack.dev/reference/objects/user-object."""
    return Person(
        user_id=told["id"],
        team_id=told["team_id"],
        deleted=told.get("deleted", False),
        is_bot=told.get("is_bot", False),
        is_restricted=told.get("is_restricted", False),
        is_ultra_restricted=told.get("is_ultra_restricted", False),
        is_stranger=told.get("is_stranger", False),
        email=told.get("profile", {}).get("email") or "",
    )


def _group(told: dict[str, Any]) -> UserGroup:
    """Read a group. https://docs.slack.dev/reference/objects/usergroup-object."""
    is_disabled = bool(told.get("date_delete"))
    return UserGroup(told["id"], told.get("handle", ""), frozenset(told.get("users", ())), is_disabled)
