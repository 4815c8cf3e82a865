"""No pattern tells of a hidden key: neither one that somebody types to find out, nor one that others typed before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.models.digests import Digest
from bot.models.messages import Attachment, Message, MessageKind
from bot.models.owners import Owner
from bot.models.requests import RequestState
from bot.models.trail import Act
from tests.app.home_tab import opened
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown
from tests.app.test_exempting import answered, filled, open_form, pattern
from tests.app.test_visibility import HIDING, NAME, SECRET, TRACES, all_that_is_told, hiding

__all__ = ["hiding", "house"]


@pytest.fixture
def guessed(hiding: House) -> House:
    """The same, and a key that no pattern below covers; whatever a pattern covers, one approval is enough."""
    hiding.key("web/sessions")
    hiding.configure(CONFIGURATION.replace("required = 2", "") + HIDING)
    return hiding


TYPED = {SECRET: "quite/another", "vault/*": "quite/*", NAME: "never-there"}
"""What somebody may type who guesses at a hidden key, and beside it something like it that there is not."""

COMMANDS = (
    "status {}", "status alias={}", "status account={}",
    "list {}", "list alias={}", "list account={}",
    "accounts {}", "accounts account={}",
    "exemptions {}", "exemptions alias={}", "exemptions account={}",
    "key {}", "history {}", "history alias={}", "rules explain {}",
)  # fmt: skip


def test_what_is_typed_to_guess_at_a_hidden_key_is_answered_like_what_there_is_not(guessed: House) -> None:
    with guessed.running() as process:
        exempted(guessed, f"alias={SECRET}")
        for command in COMMANDS:
            for guess, nothing in TYPED.items():
                there = all_that_is_told(guessed, guessed.aiko, command.format(guess)).replace(guess, "…")
                process.crews.looking.wait(30)
                never = all_that_is_told(guessed, guessed.aiko, command.format(nothing)).replace(nothing, "…")
                process.crews.looking.wait(30)
                assert there == never, (command, guess)


@pytest.mark.parametrize("part", ["alias", "account"])
def test_a_form_says_of_a_pattern_of_hidden_keys_what_it_says_of_one_that_matches_nothing(
    guessed: House, part: str
) -> None:
    guess, nothing = (SECRET, "quite/another") if part == "alias" else (NAME, "never-there")
    with guessed.running():
        exempted(guessed, f"alias={SECRET}")
        answers = []
        for typed in (guess, nothing):
            open_form(guessed, guessed.aiko, f"{part}={typed}")
            guessed.aiko.click(guessed.aiko.modal, text="What would it cover?")
            preview = answered(guessed, guessed.aiko, "it would cover")
            guessed.aiko.submit(guessed.aiko.modal, filled(guessed) | pattern(**{part: typed}))
            answers.append((preview.replace(typed, "…"), dict(guessed.aiko.modal.errors)))
        assert answers[0] == answers[1]


def test_a_pattern_that_names_a_hidden_key_is_told_to_nobody_who_may_not_see_it(guessed: House) -> None:
    """Mara may see the vault, and asks for it by its alias alone, which names no account."""
    with guessed.running() as process:
        exempted(guessed, f"alias={SECRET}", process_ahead=False)
        where = {
            command: all_that_is_told(guessed, guessed.aiko, command)
            for command in ("requests", "exemptions", "exemptions alias=*", "history", "digest preview")
        }
        where["home"] = opened(guessed, guessed.aiko).visible_text
        guessed.clock.ahead += timedelta(days=6)
        guessed.command(guessed.jonas, "digest")
        guessed.slack.wait_for(lambda: "keys do not rotate" in shown(guessed.channel.roots[-1]), what="the digest")
        guessed.clock.ahead += timedelta(days=6)
        process.sweep()
        guessed.command(guessed.jonas, "digest")
        eventually(lambda: [e for e in everything(guessed) if "ended" in e], "that it ended")
        where |= {str(number): each for number, each in enumerate(everything(guessed))}
        where |= {
            f"{command} then": all_that_is_told(guessed, guessed.aiko, command) for command in ("history", "exemptions")
        }
        for place, words in where.items():
            assert not [trace for trace in TRACES if trace in words], (place, words)
        assert SECRET in guessed.command(guessed.jonas, "history")


def test_what_was_refused_of_such_a_pattern_is_not_on_the_record_that_others_see(guessed: House) -> None:
    guessed.configure(CONFIGURATION.replace('accounts = ["*"]', 'accounts = ["prod-*"]') + HIDING)
    with guessed.running():
        open_form(guessed, guessed.mara, f"alias={SECRET}")
        guessed.mara.submit(guessed.mara.modal, filled(guessed))
        answered(guessed, guessed.mara, "No approval rule")
        assert SECRET in guessed.command(guessed.jonas, "history")
        assert not [trace for trace in TRACES if trace in guessed.command(guessed.aiko, "history")]


def test_a_pattern_is_shown_to_whom_it_covers_a_key_that_they_may_see(guessed: House) -> None:
    with guessed.running():
        message = exempted(guessed, "alias=[pv]a*")
        assert "alias=[pv]a*" in message
        for command in ("exemptions", "history"):
            assert "alias=[pv]a*" in guessed.command(guessed.aiko, command)


def test_the_file_of_all_open_keys_leaves_the_hidden_ones_out(guessed: House) -> None:
    with guessed.running():
        guessed.command(guessed.jonas, "digest")
        posted = eventually(lambda: [each for each in guessed.trail.newest(5) if each.act == Act.DIGEST_POSTED], "it")
    stored = guessed.presenter.digests.get(posted[0].subject)
    assert stored is not None
    many = replace(stored, content=replace(stored.content, rest_is_file=True))
    presenter = replace(guessed.presenter, digests=OneDigest(many))
    rendered = presenter.render(Message("m1", MessageKind.DIGEST_REST, many.id, 0, CHANNEL, None, 1, 0, 0))
    assert isinstance(rendered, Attachment)
    assert rendered.content.count("payments/") == 2
    assert not [trace for trace in TRACES if trace in rendered.content]


class OneDigest:
    """A book of digests with one in it, whose keys are too many for a thread."""

    def __init__(self, only: Digest) -> None:
        self._only = only

    def get(self, _digest_id: str) -> Digest:
        return self._only

    def owners(self, _digest_id: str) -> None:
        return None

    def keep_owners(self, digest_id: str, owners: Sequence[Owner]) -> None:
        raise AssertionError(f"nobody is mentioned for {digest_id}: {owners}")


def exempted(hiding: House, scope: str, *, process_ahead: bool = True) -> str:
    """Have Mara ask for an exemption and those who may decide it approve it; what the channel is told of it."""
    before = len(hiding.channel.roots)
    open_form(hiding, hiding.mara, scope)
    hiding.mara.submit(hiding.mara.modal, filled(hiding))
    message = hiding.slack.wait_for(lambda: hiding.channel.roots[before:], what="the request")[-1]
    first = shown(message)
    if not process_ahead:
        assert not [trace for trace in TRACES if trace in all_that_is_told(hiding, hiding.aiko, "requests")]
        assert SECRET in hiding.command(hiding.jonas, "requests")
    hiding.press(hiding.jonas, message, "Approve")
    eventually(lambda: not hiding.requests.in_state(RequestState.PENDING, RequestState.APPROVED), "the exemption")
    eventually(lambda: hiding.channel.thread(message.ts), "the result")
    return first


def everything(hiding: House) -> list[str]:
    return [shown(each) + each.text for each in hiding.channel.messages]
