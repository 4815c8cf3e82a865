"""Every view in every state is what Slack takes, whatever others wrote into it."""

from html import unescape

import pytest

from bot.views.budget import MESSAGE_CHARACTERS
from bot.views.parts import Element
from deploy.sandbox.slack.things import texts
from deploy.sandbox.slack.validation import blocks_for_message, view
from tests.views.gallery import Message, Modal, messages, modals
from tests.views.personal import homes
from tests.views.reading import parts
from tests.views.samples import WORDS

MESSAGE_BLOCKS = 40
KINDS = pytest.mark.parametrize("kind", WORDS)


@KINDS
def test_every_message_is_valid_and_within_the_budget(kind: str) -> None:
    for name, shown in messages(WORDS[kind]):
        blocks = blocks_for_message(list(shown.blocks))
        assert 0 < len(blocks) <= MESSAGE_BLOCKS, name
        assert sum(map(len, texts(blocks))) <= MESSAGE_CHARACTERS, name


@KINDS
def test_every_message_has_a_whole_sentence_for_those_who_see_no_blocks(kind: str) -> None:
    for name, shown in messages(WORDS[kind]):
        assert 0 < len(shown.text) <= 3000, name
        sentence = unescape(shown.text)
        assert sentence[-1] in ".?…", (name, sentence)
        assert sentence[0].isupper() or sentence[0].isdigit() or sentence.startswith(("/", WORDS[kind].alias[:100])), (
            name
        )
        assert "  " not in sentence, (name, sentence)
        assert "None" not in sentence, (name, sentence)


@KINDS
def test_every_modal_is_valid(kind: str) -> None:
    for name, shown in modals(WORDS[kind]):
        assert view(shown, "modal") == shown, name


@KINDS
def test_every_home_tab_is_valid(kind: str) -> None:
    for name, shown in homes(WORDS[kind]):
        assert view(shown, "home") == shown, name


@KINDS
def test_what_can_be_pressed_says_which_it_is(kind: str) -> None:
    """Action ids differ within a message and within a view, whose validator looks at one block at a time only."""
    shown: list[Message | Modal] = [*messages(WORDS[kind]), *modals(WORDS[kind]), *homes(WORDS[kind])]
    for name, each in shown:
        found = [part["action_id"] for part in parts(_blocks(each)) if "action_id" in part]
        assert len(found) == len(set(found)), name


@KINDS
def test_nothing_is_shown_that_python_made_up(kind: str) -> None:
    for name, each in [*messages(WORDS[kind]), *modals(WORDS[kind]), *homes(WORDS[kind])]:
        for text in texts(_blocks(each)):
            assert "None" not in text, (name, text)
            assert "datetime" not in text, (name, text)


def _blocks(shown: object) -> list[Element]:
    return list(shown["blocks"] if isinstance(shown, dict) else shown.blocks)  # type: ignore[attr-defined]  # a Rendered
