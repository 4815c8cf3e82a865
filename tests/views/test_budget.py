"""Cutting what is too long for a message, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from bot.models.messages import Block
from bot.views.budget import MESSAGE_CHARACTERS, message
from bot.views.parts import actions, button, confirm, context, header, mrkdwn, note, plain, section
from bot.views.rich import bold, bullets, code, rich
from deploy.sandbox.slack.things import texts

SHORT = "short"
OURS = "<@U0MARA> " * 100


def blocks_of(lengths: list[int]) -> list[Block]:
    """Texts of others in every place where they can stand, and ours among them."""
    makers = (
        lambda text: section(plain(text, 100_000)),
        lambda text: rich([bold(text), code(SHORT)]),
        lambda text: bullets(["• ", text], [SHORT]),
        lambda text: context(mrkdwn(OURS), note(text), note(SHORT)),
    )
    shown = [makers[number % len(makers)]("x" * length) for number, length in enumerate(lengths)]
    sure = confirm("Approve this change?", "It is read back.", "Approve", "Not now")
    return [header("Title"), *shown, actions(button("Approve", "approve", "r1", confirm=sure))]


def foreign(blocks: list[Block] | tuple[Block, ...]) -> list[str]:
    return [text for text in texts(list(blocks)) if text.startswith("x")]


@given(st.lists(st.integers(1, 1500), max_size=20))
def test_only_the_longest_texts_are_cut_and_only_as_far_as_needed(lengths: list[int]) -> None:
    before = blocks_of(lengths)
    shown = message("Text.", before)
    assert shown.text == "Text."
    size = sum(map(len, texts(list(shown.blocks))))
    assert size <= MESSAGE_CHARACTERS
    cut = [text for text in foreign(shown.blocks) if text.endswith("…")]
    if not cut:
        assert list(shown.blocks) == before
        return
    (longest,) = {len(text) for text in cut}
    assert foreign(shown.blocks) == [
        text if len(text) <= longest else f"{text[: longest - 1]}…" for text in foreign(before)
    ]
    assert size + len(cut) > MESSAGE_CHARACTERS - 100, (
        "a character more for each would not fit, confirm dialogs counted"
    )
    kept = [text for text in texts(list(shown.blocks)) if not text.startswith("x")]
    assert kept == [text for text in texts(before) if not text.startswith("x")]


def test_nothing_that_was_handed_in_is_changed() -> None:
    before = blocks_of([5000, 5000, 5000])
    message("Text.", before)
    assert before == blocks_of([5000, 5000, 5000])
