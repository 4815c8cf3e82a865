"""Answers by `response_url`: 5 in 30 minutes. Source: docs.slack.dev/interactivity/handling-user-interaction."""

from deploy.sandbox.slack.answers import answer
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.posting import content, edit
from deploy.sandbox.slack.state import ResponseUrl, State
from deploy.sandbox.slack.things import Json, Message

MOST_USES = 5
LIFETIME_SECONDS = 30 * 60


def respond(state: State, token: str, body: Json) -> None:
    """Errors: `expired_url`, `used_url`, `no_text`, and those of the blocks."""
    with state.change():
        url = state.response_urls.get(token)
        if url is None or state.clock.now() - url.made_at > LIFETIME_SECONDS:
            raise SlackError("expired_url")
        if url.uses >= MOST_USES:
            raise SlackError("used_url")
        url.uses += 1
        original = _original(state, url)
        if body.get("delete_original") is True:
            _delete(state, original)
        elif body.get("replace_original") is True and original is not None:
            text, blocks = content(state, body)
            edit(state, original, text, blocks)
        else:
            ts = answer(state, url.channel, url.user, body)
            url.original = url.original or state.messages[url.channel][ts]


def _original(state: State, url: ResponseUrl) -> Message | None:
    if url.original is None:
        return None
    return state.messages[url.original.channel].get(url.original.ts)


def _delete(state: State, original: Message | None) -> None:
    if original is None:
        raise SlackError("message_not_found")
    state.drop_message(original.channel, original.ts)
