"""Who people are, asked of Slack at the moment when it matters."""

import logging
from collections.abc import Iterable
from typing import Any

from slack_sdk import WebClient

from bot.models.people import LookupFailure, Person
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
        return Person(
            user_id=user["id"],
            team_id=user["team_id"],
            deleted=user.get("deleted", False),
            is_bot=user.get("is_bot", False),
            is_restricted=user.get("is_restricted", False),
            is_ultra_restricted=user.get("is_ultra_restricted", False),
            is_stranger=user.get("is_stranger", False),
        )

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
