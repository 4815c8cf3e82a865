"""The levers: what they are called, what they do, and what is pulled now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from deploy.sandbox.aws.roles import bot_policy, member_roles
from deploy.sandbox.aws.server import AwsServer
from deploy.sandbox.aws.wire import AwsError
from deploy.sandbox.aws.world import TOOLING_ACCOUNT
from deploy.sandbox.panel.naming import EVERY, account_name, key_name
from deploy.sandbox.slack.server import SlackServer

Asked: TypeAlias = Mapping[str, Any]

TIMES = (1, 5, 20, 100)
STATUSES = (429, 500)
NO_CALLS = frozenset({"sts:SetSourceIdentity", "sts:TagSession"})
"""Permissions that sts:AssumeRole needs besides its own."""


@dataclass(frozen=True, slots=True)
class KeyLever:
    """`told` is said once it is done."""

    label: str
    told: str


KEY_LEVERS = {
    "disable_rotation": KeyLever("Turn rotation off", "Rotation of {key} is off."),
    "enable_rotation": KeyLever("Turn rotation on", "{key} rotates every 365 days."),
    "disable_key": KeyLever("Disable the key", "{key} is disabled."),
    "schedule_deletion": KeyLever("Schedule its deletion", "{key} is pending deletion."),
    "delete_key": KeyLever("Delete it now", "{key} is deleted."),
    "put_back": KeyLever("Put it back as it was", "{key} is as it was."),
}
UNTOLD = "The bot has not been told."


def permissions_of_the_bot() -> tuple[str, ...]:
    """The calls that its policies allow it, as they are shipped."""
    policies = [policy for role in member_roles(TOOLING_ACCOUNT, "*", "*") for policy in role.policies]
    policies.append(bot_policy(TOOLING_ACCOUNT, "*"))
    allowed = [each for policy in policies for each in policy["Statement"] if each["Effect"] == "Allow"]
    actions = {action for each in allowed for action in _listed(each["Action"])}
    return tuple(sorted(actions - NO_CALLS))


class Levers:
    def __init__(self, aws: AwsServer, slack: SlackServer) -> None:
        self._aws = aws
        self._slack = slack
        self._acts: dict[str, Callable[[Asked], str]] = {
            **dict.fromkeys(KEY_LEVERS, self._on_a_key),
            "deny": self._deny,
            "throttle": self._throttle,
            "take_roles": self._take_roles,
            "give_roles": self._give_roles,
            "drop_sockets": self._drop_sockets,
            "fail_calls": self._fail_calls,
            "down": self._down,
            "up": self._up,
            "undo": self._undo,
        }

    def pull(self, asked: Asked) -> str:
        """Errors: ValueError, with a sentence."""
        lever = str(asked.get("lever"))
        if lever not in self._acts:
            raise ValueError(f"There is no lever called {lever}.")
        told = self._acts[lever](asked)
        self._aws.watchers.tell()
        return told

    def pulled(self) -> Iterator[str]:
        """A sentence for each lever that is pulled."""
        yield from self._pulled_of_aws()
        yield from self._pulled_of_slack()

    def _pulled_of_aws(self) -> Iterator[str]:
        world, faults = self._aws.world, self._aws.faults
        now = faults.as_json()
        for denial in now["denials"]:
            yield f"{denial['action']} is denied in {account_name(world, denial['account'])}."
        for fault in now["faults"]:
            what = f"{_calls(fault['times'])} of {_action(fault['action'])} in {account_name(world, fault['account'])}"
            yield f"AWS: {fault['kind'].replace('_', ' ')} for {what}."
        for account in sorted({account for account, _ in faults.taken_roles}):
            yield f"The bot’s roles are taken away in {account_name(world, account)}."
        if touched := faults.touched_keys:
            names = ", ".join(sorted(map(key_name, touched.values())))
            yield f"Changed behind the bot’s back: {names}."

    def _pulled_of_slack(self) -> Iterator[str]:
        now = self._slack.faults.as_json()
        if now["down"]:
            yield "Slack is down."
        for fault in now["faults"]:
            yield f"Slack answers {_calls(fault['times'])} with {fault['status']}."

    def _on_a_key(self, asked: Asked) -> str:
        lever, arn = str(asked["lever"]), str(asked.get("arn"))
        name = self._name(arn)
        self._aws.faults.apply(lever, {"arn": arn})
        return f"{KEY_LEVERS[lever].told.format(key=name)} {UNTOLD}"

    def _name(self, arn: str) -> str:
        touched = self._aws.faults.touched_keys.get(arn)
        try:
            return key_name(touched or self._aws.world.find(arn))
        except (AwsError, ValueError):
            raise ValueError(f"There is no key {arn} any more.") from None

    def _deny(self, asked: Asked) -> str:
        account, action = self._account(asked), _choice(asked, "action", permissions_of_the_bot())
        self._aws.faults.deny(account, action=action)
        return f"{action} is denied in {account_name(self._aws.world, account)}."

    def _throttle(self, asked: Asked) -> str:
        account, times = self._account(asked), int(_choice(asked, "times", TIMES))
        action = _choice(asked, "action", (EVERY, *permissions_of_the_bot()))
        self._aws.faults.throttle(account, action=action, times=times)
        return f"Throttled: {_calls(times)} of {_action(action)} in {account_name(self._aws.world, account)}."

    def _take_roles(self, asked: Asked) -> str:
        account = self._account(asked)
        taken = [(owner, role) for owner, role in list(self._aws.world.roles) if account in (owner, EVERY)]
        if not taken:
            raise ValueError(f"The bot has no roles in {account_name(self._aws.world, account)}.")
        for owner, role in taken:
            self._aws.faults.remove_role(owner, role)
        return f"The bot cannot get into {account_name(self._aws.world, account)} any more: its roles are gone."

    def _give_roles(self, asked: Asked) -> str:
        account = self._account(asked)
        for owner in self._aws.world.accounts if account == EVERY else (account,):
            self._aws.faults.restore_roles(owner)
        return f"The bot has its roles in {account_name(self._aws.world, account)}."

    def _drop_sockets(self, _asked: Asked) -> str:
        count = self._slack.connections
        self._slack.faults.drop_sockets()
        return f"Dropped: {count} {'connection' if count == 1 else 'connections'} of the bot."

    def _fail_calls(self, asked: Asked) -> str:
        times, status = int(_choice(asked, "times", TIMES)), int(_choice(asked, "status", STATUSES))
        if status == STATUSES[0]:
            self._slack.faults.rate_limit_next(times=times)
        else:
            self._slack.faults.fail_next(times=times, status=status)
        return f"Slack answers {_calls(times)} of the bot with {status}."

    def _down(self, _asked: Asked) -> str:
        self._slack.faults.down()
        return "Slack is down for the bot, until you bring it back."

    def _up(self, _asked: Asked) -> str:
        self._slack.faults.down(is_down=False)
        return "Slack is back."

    def _undo(self, _asked: Asked) -> str:
        self._aws.faults.undo()
        self._slack.faults.clear()
        return "Every lever is undone."

    def _account(self, asked: Asked) -> str:
        return _choice(asked, "account", (EVERY, *self._aws.world.accounts))


def _choice(asked: Asked, name: str, offered: tuple[object, ...]) -> str:
    chosen = str(asked.get(name))
    if chosen not in map(str, offered):
        raise ValueError(f"{chosen} is not offered as {name}.")
    return chosen


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _calls(times: int | None) -> str:
    if times is None:
        return "all calls"
    return "the next call" if times == 1 else f"the next {times} calls"


def _action(action: str) -> str:
    return "any kind" if action == EVERY else action
