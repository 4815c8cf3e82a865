"""What goes wrong on purpose: HTTP failures, rate limits, sockets that break, Slack being gone."""

import asyncio
import json
from contextlib import AsyncExitStack
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from aiohttp import ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.clock import Clock
from deploy.sandbox.slack.delivery import Outcome
from deploy.sandbox.slack.faults import LEVERS, Faults
from deploy.sandbox.slack.workspace import APP_TOKEN
from tests.sandbox.slack_bot import CHANNEL, Given, bolt, connected, slack, web

__all__ = ["slack"]


class StillClock(Clock):
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.time = 1_790_000_000.0

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds


def test_the_next_call_fails_and_the_one_after_it_does_not(slack: SlackServer) -> None:
    slack.faults.fail_next("chat.postMessage", status=503)
    with pytest.raises(SlackApiError) as error:
        web(slack).chat_postMessage(channel=CHANNEL, text="x")
    assert error.value.response.status_code == 503
    assert slack.channel(CHANNEL).messages == []
    assert web(slack).chat_postMessage(channel=CHANNEL, text="x")["ok"]


def test_a_client_that_obeys_retry_after_gets_its_message_through(slack: SlackServer) -> None:
    client = web(slack)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    slack.faults.rate_limit_next("chat.*", times=1, retry_after=0)
    client.chat_postMessage(channel=CHANNEL, text="x")
    assert [call.status for call in slack.calls] == [429, 200]
    assert len(slack.channel(CHANNEL).messages) == 1


def test_an_error_of_slacks_own_can_be_asked_for(slack: SlackServer) -> None:
    slack.faults.error_next("auth.test", "fatal_error")
    with pytest.raises(SlackApiError, match="fatal_error"):
        web(slack).auth_test()


@pytest.mark.parametrize(("after", "posted"), [(False, 0), (True, 1)])
def test_a_connection_can_close_before_or_after_the_change(slack: SlackServer, after: bool, posted: int) -> None:
    client = web(slack)
    client.retry_handlers.clear()
    slack.faults.close_next("chat.postMessage", after_the_change=after)
    with pytest.raises(OSError, match=r"."):
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert len(slack.channel(CHANNEL).messages) == posted


def test_while_slack_is_down_nothing_is_answered(slack: SlackServer) -> None:
    client = web(slack)
    client.retry_handlers.clear()
    with connected(slack, bolt(slack)):
        slack.faults.down()
        slack.wait_for(lambda: slack.connections == 0, what="the sockets to break")
        with pytest.raises(OSError, match=r"."):
            client.auth_test()
        slack.faults.down(False)
        assert client.auth_test()["ok"]
        slack.wait_for(lambda: slack.connections == 1, what="the bot to come back")


def test_a_dropped_socket_is_opened_again_and_payloads_flow(slack: SlackServer) -> None:
    app = bolt(slack)

    def answer(ack: Given) -> None:
        ack("here")

    app.command("/kms-rotation")(answer)
    with connected(slack, app):
        [dropped] = slack.sockets.connections
        slack.faults.drop_sockets()
        slack.wait_for(lambda: set(slack.sockets.connections) - {dropped}, what="the bot to come back")
        assert slack.person("U0MARA").slash("/kms-rotation", channel=CHANNEL).outcome is Outcome.ACKED


def test_a_refused_connection_is_tried_again(slack: SlackServer) -> None:
    with connected(slack, bolt(slack)):
        slack.faults.refuse_connections(1)
        slack.faults.drop_sockets()
        slack.wait_for(lambda: slack.sockets.refusals == 0, what="the refusal")
        slack.wait_for(lambda: slack.connections == 1, what="the bot to come back")


def test_a_client_reconnects_when_asked_to(slack: SlackServer) -> None:
    with connected(slack, bolt(slack)):
        first = slack.sockets.connections[0].id
        slack.faults.request_refresh()
        slack.wait_for(
            lambda: [connection.id for connection in slack.sockets.connections] not in ([], [first]),
            what="another connection",
        )


def test_a_silent_socket_swallows_payloads(slack: SlackServer) -> None:
    slack.sockets.ack_seconds = 0.2
    app = bolt(slack)

    def answer(ack: Given) -> None:
        ack("here")

    app.command("/kms-rotation")(answer)
    with connected(slack, app):
        slack.faults.go_silent()
        assert slack.person("U0MARA").slash("/kms-rotation", channel=CHANNEL).outcome is Outcome.TIMED_OUT


def test_a_ticket_is_good_for_one_attempt(slack: SlackServer) -> None:
    address = web(slack).apps_connections_open(app_token=APP_TOKEN)["url"].replace("ws://", "http://")
    answers = []
    for _ in range(2):
        with pytest.raises(HTTPError) as error:
            urlopen(address, timeout=10)  # noqa: S310 - the sandbox's own http
        answers.append(error.value.code)
    assert answers == [400, 404], "no WebSocket was asked for, and then the ticket is spent"


def test_an_eleventh_connection_is_turned_away(slack: SlackServer) -> None:
    async def told() -> list[str]:
        async with ClientSession() as session, AsyncExitStack() as stack:
            said = []
            for _ in range(11):
                address = (await asyncio.to_thread(web(slack).apps_connections_open, app_token=APP_TOKEN))["url"]
                socket = await stack.enter_async_context(session.ws_connect(address))
                hello = await socket.receive_json()
                said.append(hello.get("reason", hello["type"]))
            return said

    assert asyncio.run(told()) == ["hello"] * 10 + ["too_many_websockets"]


def test_the_tiers_and_a_message_a_second_are_enforced_where_asked() -> None:
    clock = StillClock()
    with SlackServer(clock=clock) as slack:
        client = web(slack)
        client.retry_handlers.clear()
        for _ in range(30):
            client.usergroups_list()
        slack.enforce_rates = True
        for _ in range(20):
            client.usergroups_users_list(usergroup="S0EMPTY")
        with pytest.raises(SlackApiError) as error:
            client.usergroups_users_list(usergroup="S0EMPTY")
        assert error.value.response.status_code == 429
        assert error.value.response["error"] == "ratelimited"
        assert error.value.response.headers["Retry-After"] == "60"
        clock.advance(60)
        assert client.usergroups_users_list(usergroup="S0EMPTY")["ok"]
        client.chat_postMessage(channel=CHANNEL, text="one")
        client.chat_postMessage(channel="C0PAYMENTS", text="another channel")
        with pytest.raises(SlackApiError, match="ratelimited"):
            client.chat_postMessage(channel=CHANNEL, text="two")
        clock.advance(1)
        client.chat_postMessage(channel=CHANNEL, text="two")


def _pull(slack: SlackServer, body: object) -> object:
    headers = {"Content-Type": "application/json"}
    request = Request(slack.url + "/sandbox/faults", json.dumps(body).encode(), headers)  # noqa: S310 - as above
    with urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        return json.load(answer)


def test_the_levers_work_over_http_and_unknown_ones_are_named(slack: SlackServer) -> None:
    _pull(slack, {"lever": "error_next", "method": "auth.test", "error": "fatal_error"})
    with pytest.raises(SlackApiError, match="fatal_error"):
        web(slack).auth_test()
    with pytest.raises(HTTPError) as error:
        _pull(slack, {"lever": "explode"})
    assert "no such lever: 'explode'" in error.value.read().decode()


def test_every_lever_is_a_method() -> None:
    assert all(callable(getattr(Faults, lever)) for lever in LEVERS)
