"""Writing into Slack."""

from slack_sdk import WebClient

from bot.models.messages import Attachment, Rendered
from bot.models.slack import SlackFailure
from bot.slack.failures import SLACK_ERRORS, failure_of


class Poster:
    """Posts, updates and whispers. Every method answers with a value or a SlackFailure."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def post(self, channel: str, message: Rendered, thread_ts: str | None = None) -> str | SlackFailure:
        """Post into a channel, or with a person's id into their direct messages; answer with the message's ts."""
        try:
            answer = self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=message.blocks,
                thread_ts=thread_ts,
                unfurl_links=False,
                unfurl_media=False,
            )
        except SLACK_ERRORS as error:
            return failure_of(error)
        return str(answer["ts"])

    def update(self, channel: str, ts: str, message: Rendered) -> SlackFailure | None:
        """Replace a message. Text and blocks always go together: a text alone would delete the blocks."""
        try:
            self._client.chat_update(channel=channel, ts=ts, text=message.text, blocks=message.blocks)
        except SLACK_ERRORS as error:
            return failure_of(error)
        return None

    def whisper(self, channel: str, user: str, message: Rendered) -> SlackFailure | None:
        """Tell one person alone: in the channel where they acted, or where that cannot be in a direct message."""
        try:
            self._client.chat_postEphemeral(channel=channel, user=user, text=message.text, blocks=message.blocks)
        except SLACK_ERRORS:
            direct = self.post(user, message)
            return direct if isinstance(direct, SlackFailure) else None
        return None

    def attach(self, channel: str, file: Attachment, thread_ts: str) -> str | SlackFailure:
        """Upload a file into a thread; answer with the file's id."""
        try:
            answer = self._client.files_upload_v2(
                channel=channel,
                thread_ts=thread_ts,
                filename=file.name,
                title=file.title,
                initial_comment=file.comment,
                content=file.content,
            )
        except SLACK_ERRORS as error:
            return failure_of(error)
        return str(answer["files"][0]["id"])

    def link(self, channel: str, ts: str) -> str | None:
        """Return a message's address; None where Slack does not tell it, which costs nothing but the link."""
        try:
            return str(self._client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"])
        except SLACK_ERRORS:
            return None
