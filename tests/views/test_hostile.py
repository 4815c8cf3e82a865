"""What others wrote is shown as they wrote it, and means nothing to Slack."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.messages import Rendered
from bot.views.excuse import ticket
from bot.views.parts import Element
from bot.views.sentences import fallback, meant, said, spoken
from bot.views.words import cut
from tests.views.gallery import messages, modals
from tests.views.personal import homes
from tests.views.reading import lines, parts
from tests.views.samples import HOSTILE, MARKER, WORDS

HOSTILE_WORDS = WORDS["hostile"]
OURS = re.compile(
    r"<@[UW]0[A-Z0-9]{3,}>|<!subteam\^S0[A-Z]{3,}>|<!date\^\d+\^[^<>|]+\|[^<>|]+>"
    r"|<https://example[^<>|]+\|Go to the request>"
)
"""The markup that views make. The ids of `HOSTILE` are shorter, so that theirs is not among it."""

OUR_PAGES = ("https://aws.amazon.com/", "https://docs.aws.amazon.com/")
"""What we link to by other words than its address."""

MEANINGFUL = {"user", "usergroup", "channel", "broadcast", "link", "emoji"}


def everything() -> Iterator[tuple[str, list[Element], str]]:
    """Each view's name, blocks and fallback text."""
    for name, shown in messages(HOSTILE_WORDS):
        yield name, list(shown.blocks), shown.text
    for name, view in [*modals(HOSTILE_WORDS), *homes(HOSTILE_WORDS)]:
        yield name, [view], ""


def is_harmless(text: str) -> bool:
    rest = OURS.sub("", text)
    return not re.search(r"[<>]", rest) and not re.search(r"&(?!amp;|lt;|gt;)", rest)


def test_no_mrkdwn_holds_what_others_wrote() -> None:
    for name, blocks, _ in everything():
        for part in parts(blocks):
            if part.get("type") == "mrkdwn":
                assert MARKER not in part["text"], name
                assert "*" not in part["text"], name
                assert is_harmless(part["text"]), (name, part["text"])
                assert part["verbatim"] is True, name


def test_no_fallback_text_holds_markup_but_ours() -> None:
    for name, _, text in everything():
        assert is_harmless(text), (name, text)


def test_no_element_mentions_links_or_broadcasts_what_others_wrote() -> None:
    for name, blocks, _ in everything():
        for part in parts(blocks):
            if part.get("type") == "link":
                assert part["url"].startswith(OUR_PAGES) or part.get("text", part["url"]) == part["url"], name
            elif part.get("type") in MEANINGFUL:
                (subject,) = [part[key] for key in part if key.endswith("_id")]
                assert re.fullmatch(r"[USC]0[A-Z0-9]{3,}", subject), name


def test_no_plain_text_of_others_shows_their_emoji() -> None:
    for name, blocks, _ in everything():
        for part in parts(blocks):
            if part.get("type") == "plain_text" and MARKER in part["text"]:
                assert part["emoji"] is False, name


def test_what_others_wrote_is_shown_letter_for_letter() -> None:
    """The names that a message is about are there to be read, and so the tests above had something to find."""
    shown = dict(messages(HOSTILE_WORDS))
    for name in (
        "digest, one key",
        "digest, page 1",
        "request, pending, 1 keys, 1 people, in time",
        "request, no rule",
        "result, succeeded, 1 keys, 1 people",
        "requests, pending",
        "status, one unread",
        "accounts, one",
        "list, one",
        "key, open",
        "scan of False, failed",
        "history, nothing",
        "notice, no rule",
        "help, misspelt",
    ):
        assert any(HOSTILE in line for line in lines(shown[name])), name


@pytest.mark.parametrize(
    ("given", "is_link"),
    [
        ("https://tickets.example/SEC-1042", True),
        ("http://tickets.example/?q=<@U0MARA>", False),
        ("https://tickets.example/a b", False),
        ("https://tickets.example/|x", False),
        ("javascript:alert(1)", False),
        ("SEC-1042", False),
        ("https://" + "x" * 600, False),
    ],
)
def test_a_ticket_is_a_link_that_shows_its_whole_address_or_no_link(given: str, *, is_link: bool) -> None:
    shown = ticket(given)
    assert shown == ({"type": "link", "url": given} if is_link else cut(given, 500))


# Sentences


MARKUP = "<@U0MARA> or <!subteam^S0ADMINS> in <#C0SECURITY>: `code`"


def test_our_own_markup_in_a_sentence_means_what_it_says() -> None:
    (paragraph,) = said(MARKUP)["elements"]
    assert paragraph["elements"] == [
        {"type": "user", "user_id": "U0MARA"},
        {"type": "text", "text": " or "},
        {"type": "usergroup", "usergroup_id": "S0ADMINS"},
        {"type": "text", "text": " in "},
        {"type": "channel", "channel_id": "C0SECURITY"},
        {"type": "text", "text": ": "},
        {"type": "text", "text": "code", "style": {"code": True}},
    ]
    assert spoken(MARKUP) == MARKUP


def test_markup_in_a_quotation_means_nothing() -> None:
    sentence = f"There is no “{MARKUP}”. Ask <@U0MARA>."
    assert meant(sentence) == [
        "There is no ",
        f"“{MARKUP}”",
        ". Ask ",
        {"type": "user", "user_id": "U0MARA"},
        ".",
    ]
    assert spoken(sentence).endswith("”. Ask <@U0MARA>.")
    assert "<@U0MARA>" not in spoken(sentence).removesuffix("<@U0MARA>.")


@given(st.text(alphabet='“”<@U0X>`c!&"', max_size=40))
def test_a_quotation_cannot_be_left_from_within(typed: str) -> None:
    said_of_it = meant(f"There is no “{typed}”.")
    assert all(isinstance(each, str) for each in said_of_it)
    text = spoken(f"There is no “{typed}”.")
    assert "<" not in text
    assert unescape(text) == f"There is no “{typed}”."


@given(st.text(alphabet="&<>ab", max_size=4000))
def test_a_fallback_text_is_escaped_whole_and_within_its_limit(text: str) -> None:
    shown = fallback(text)
    assert len(shown) <= 3000
    assert is_harmless(shown)
    assert unescape(shown) == text or (shown.endswith("…") and text.startswith(unescape(shown)[:-1]))


@pytest.mark.parametrize("text", ["&" * 600, "a" * 3000])
def test_a_fallback_text_that_fits_is_not_cut(text: str) -> None:
    assert unescape(fallback(text)) == text


@pytest.mark.parametrize("sentence", ["<@U0MARA>" * 1000, "“" + "&" * 5000, "a" * 5000])
def test_a_spoken_sentence_ends_before_its_limit_with_no_half_mention(sentence: str) -> None:
    shown = spoken(sentence)
    assert len(shown) <= 3000
    assert shown.count("<@U0MARA>") * len("<@U0MARA>") == len(shown) or "<" not in shown


def test_messages_are_made_of_what_this_module_looks_at() -> None:
    """No view hands out a kind of text that nobody checks."""
    known = {"plain_text", "mrkdwn", "text", "code"} | MEANINGFUL
    for name, blocks, _ in everything():
        for part in parts(blocks):
            if isinstance(part.get("text"), str):
                assert part.get("type") in known, (name, part)


def test_the_gallery_holds_messages() -> None:
    assert all(isinstance(shown, Rendered) for _, shown in messages(HOSTILE_WORDS))
