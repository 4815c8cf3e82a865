"""Where Slack wants the next socket."""

from pydantic import SecretStr
from slack_sdk import WebClient


def socket_address(app_token: SecretStr, api_url: str, seconds: float) -> str:
    """Ask once, and wait so long for the answer: who keeps a socket open decides when to ask again.

    https://docs.slack.dev/reference/methods/apps.connections.open. Raises one of SLACK_ERRORS.
    """
    token = app_token.get_secret_value()
    client = WebClient(base_url=api_url, timeout=round(seconds), retry_handlers=[])
    return str(client.apps_connections_open(app_token=token)["url"])
