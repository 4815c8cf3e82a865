"""Writing into Slack."""

import time
from collections.abc import Callable

from slack_sdk import WebClient

from bot.models.messages import Attachment, Block, Rendered
from bot.models.slack import Posted, SlackFailure
from bot.models.trend import Picture
from bot.slack.failures import SLACK_ERRORS, failure_of

ACK_LOOKS, ACK_LOOK_SECONDS = 10, 0.2
"""Slack gives up on an ack after three seconds."""


class Poster:
    """Posts, updates and whispers. Every method answers with a value or a SlackFailure."""

    def __init__(self, client: WebClient, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    def post(self, channel: str, message: Rendered, thread_ts: str | None = None) -> Posted | SlackFailure:
        """Post into a channel, or with a person's id into their direct messages."""
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
        return Posted(str(answer["channel"]), str(answer["ts"]))

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

    def open_modal(self, trigger_id: str, view: Block) -> SlackFailure | None:
        """Open a modal within the three seconds that a trigger lives."""
        try:
            self._client.views_open(trigger_id=trigger_id, view=view)
        except SLACK_ERRORS as error:
            return failure_of(error)
        return None

    def update_modal(self, view_id: str, view: Block, known_hash: str | None = None) -> SlackFailure | None:
        """Replace an open modal; where a hash is given, only while it is still the one of that."""
        try:
            self._client.views_update(view_id=view_id, view=view, hash=known_hash)
        except SLACK_ERRORS as error:
            return failure_of(error)
        return None

    def update_submitted(self, view_id: str, submitted_hash: str, view: Block) -> SlackFailure | None:
        """Replace a modal whose submission was acked with another view a moment ago.

        The ack and this call travel apart, and an ack that arrives last would win. A view's hash changes with every
        update: while the known hash still fits, the ack has not arrived. https://docs.slack.dev/surfaces/modals#hashes
        """
        known = submitted_hash
        for _ in range(ACK_LOOKS):
            try:
                known = str(self._client.views_update(view_id=view_id, hash=known, view=view)["view"]["hash"])
            except SLACK_ERRORS as error:
                failure = failure_of(error)
                return self.update_modal(view_id, view) if failure.code == "hash_conflict" else failure
            self._sleep(ACK_LOOK_SECONDS)
        return None

    def publish_home(self, user: str, view: Block, known_hash: str = "") -> str | SlackFailure:
        """Show somebody their Home tab; answer with its hash.

        With a hash, Slack refuses where the tab has changed since it had that one (`hash_conflict`).
        """
        try:
            answer = self._client.views_publish(user_id=user, view=view, hash=known_hash or None)
        except SLACK_ERRORS as error:
            return failure_of(error)
        return str(answer["view"]["hash"])

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

    def upload(self, picture: Picture) -> str | SlackFailure:
        """Upload a picture that is to stand in a message; answer with the file's id.

        Shared with no channel, it is seen where a message shows it and nowhere else.
        https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object
        """
        try:
            answer = self._client.files_upload_v2(filename=picture.name, title=picture.title, content=picture.content)
        except SLACK_ERRORS as error:
            return failure_of(error)
        return str(answer["files"][0]["id"])

    def link(self, channel: str, ts: str) -> str | None:
        """Return a message's address; None where Slack does not tell it, which costs nothing but the link."""
        try:
            return str(self._client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"])
        except SLACK_ERRORS:
            return None
