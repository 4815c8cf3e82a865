"""Where Slack wants the next socket."""

from pydantic import SecretStr

from bot.slack.counting import AnswerCounter, OnAnswer, OnCall, TimedClient


def socket_address(app_token: SecretStr, api_url: str, seconds: float, on_answer: OnAnswer, on_call: OnCall) -> str:
    """Ask once, and wait so long for the answer: who keeps a socket open decides when to ask again.

    https://docs.slack.dev/reference/methods/apps.connections.open. Raises one of SLACK_ERRORS.
    `on_answer` is told what Slack answered, `on_call` how long that took.
    """
    token = app_token.get_secret_value()
    client = TimedClient(base_url=api_url, timeout=round(seconds), retry_handlers=[AnswerCounter(api_url, on_answer)])
    client.on_call = on_call
    return str(client.apps_connections_open(app_token=token)["url"])
