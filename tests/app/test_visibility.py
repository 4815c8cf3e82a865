"""Nobody sees keys of accounts that the configuration hides from them, whatever they ask for."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from functools import partial

import pytest

from bot.models.requests import RequestState
from bot.models.trail import Act
from bot.remediate.making import UNKNOWN_KEY
from bot.views.names import REASON_BLOCK, REASON_INPUT
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import Message
from handlers.commands import SUBCOMMANDS
from tests.app.home_tab import opened, updated_with
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

VAULT = "777777777777"
SECRET, NAME = "vault/crown-jewels", "secret-vault"
HIDING = '\n[[visibility.rule]]\naccounts = ["secret-*"]\nvisible_to = ["S0ONCALL", "U0JONAS"]\n'
UNSEEN = "Keys of 1 account are not shown to you."
TRACES = (SECRET, NAME, VAULT, "crown", "vault/")


@pytest.fixture
def hiding(house: House) -> House:
    """Mara and Priya, who are on call, and Jonas may see the vault; Aiko and everybody else may not."""
    house.aws.world.account(VAULT, NAME)
    house.key("payments/card-vault", tags={"team": "payments"})
    house.key("payments/mobile", tags={"team": "payments"})
    house.key(SECRET, account=VAULT, tags={"owner": "U0AIKO", "team": "payments"})
    house.configure(CONFIGURATION + HIDING)
    return house


COMMANDS = {
    "status": ("", "account=*", "team=payments", "vault"),
    "list": ("", "alias=*", "vault", "account=secret-*"),
    "key": (SECRET, VAULT, "vault/crown-jewel"),
    "requests": ("",),
    "exemptions": ("",),
    "history": ("", SECRET),
    "accounts": ("", "account=secret-*"),
    "rules": (f"explain {SECRET}",),
    "scan": ("", "account=secret-*", "account=typo"),
    "digest": ("preview",),
    "routes": ("",),
    "exempt": (SECRET, "vault/crown-jewel"),
    "help": ("",),
}
"""What somebody may type to get at a hidden key, by each subcommand."""

REPEATED = {"status", "list", "key", "accounts", "history", "requests"}
"""Subcommands whose answers say that something is left out."""


def test_every_subcommand_is_tried() -> None:
    assert set(COMMANDS) == set(SUBCOMMANDS)


def without_what_was_typed(told: str, typed: str) -> str:
    return told.replace(typed, "…") if typed else told


def test_no_subcommand_shows_a_hidden_key_to_whom_it_is_hidden_from(hiding: House) -> None:
    with hiding.running() as process:
        ask_for_secret(hiding)
        for name, texts in COMMANDS.items():
            for text in texts:
                told = all_that_is_told(hiding, hiding.aiko, f"{name} {text}".strip())
                assert process.crews.looking.wait(30), "what else it says is not the next one's answer"
                rest = without_what_was_typed(told, text.removeprefix("explain "))
                assert not [trace for trace in TRACES if trace in rest], (name, text, told)
                if name in REPEATED:
                    assert UNSEEN in told, (name, text)


def test_whom_it_is_shown_to_sees_it_everywhere(hiding: House) -> None:
    with hiding.running():
        for who in (hiding.mara, hiding.jonas):
            assert "3 keys do not rotate" in hiding.command(who, "status")
            assert SECRET in hiding.command(who, "list")
            assert NAME in hiding.command(who, "accounts")
            told = hiding.command(who, f"key {SECRET}")
            assert SECRET in told
            assert "not shown to you" not in told
        assert "2 keys do not rotate" in hiding.command(hiding.aiko, "status")


def test_the_approvers_of_an_exemption_are_reminded_as_well(hiding: House) -> None:
    with hiding.running() as process:
        before = len(hiding.mara.modals)
        hiding.mara.slash("/kms-rotation exempt payments/mobile", channel=CHANNEL)
        hiding.slack.wait_for(lambda: len(hiding.mara.modals) > before, what="the form")
        hiding.mara.submit(hiding.mara.modal, {REASON_BLOCK: {REASON_INPUT: "It is switched off in a week."}})
        message = hiding.slack.wait_for(lambda: hiding.channel.roots, what="the request")[-1]
        hiding.clock.ahead += timedelta(hours=5)
        process.sweep()
        [reminder] = hiding.slack.wait_for(lambda: hiding.channel.thread(message.ts), what="the reminder")
    assert "still waits" in shown(reminder)
    assert "exemption of payments/mobile" in reminder.text


def test_a_hidden_key_is_answered_like_one_that_there_is_not(hiding: House) -> None:
    with hiding.running():
        for command in ("key", "history", "rules explain"):
            there = hiding.command(hiding.aiko, f"{command} {SECRET}").replace(SECRET, "…")
            never = hiding.command(hiding.aiko, f"{command} quite/another").replace("quite/another", "…")
            assert there == never, command


def test_the_home_tab_leaves_it_out_and_says_so(hiding: House) -> None:
    with hiding.running():
        ask_for_secret(hiding)
        told = opened(hiding, hiding.aiko).visible_text
        assert UNSEEN in told
        assert not [trace for trace in TRACES if trace in told]
        assert "Waiting for you" not in told
        assert SECRET in opened(hiding, hiding.jonas).visible_text


def test_a_scan_of_a_hidden_account_is_told_to_whoever_started_it_and_to_nobody_else(hiding: House) -> None:
    with hiding.running():
        before = len(hiding.jonas.direct_messages)
        hiding.jonas.slash(f"/kms-rotation scan account={NAME}", channel=CHANNEL)
        hiding.slack.wait_for(lambda: hiding.jonas.direct_messages[before:], what="how the scan goes")
        eventually(
            lambda: [e for e in hiding.trail.newest(5) if e.act == "SCAN_FINISHED" and NAME in e.details], "its end"
        )
        assert not [trace for trace in TRACES if trace in "".join(map(shown, hiding.channel.messages))]
        assert not [trace for trace in TRACES if trace in opened(hiding, hiding.aiko).visible_text]
        assert f"account={NAME}" in opened(hiding, hiding.jonas).visible_text


BY_ID = HIDING.replace('"secret-*"', f'"{VAULT}"')


@pytest.mark.parametrize("rule", [HIDING, BY_ID], ids=["a rule of names", "a rule of ids"])
def test_a_scan_of_an_account_that_is_not_shown_is_answered_like_one_of_an_account_that_there_is_not(
    hiding: House, rule: str
) -> None:
    hiding.configure(CONFIGURATION + rule)
    with hiding.running():
        for there, never in ((NAME, "secret-valut"), ("*vault", "*valut"), (VAULT, "777777777778")):
            told = [of_a_scan_in_vain(hiding, account) for account in (there, never)]
            assert told[0] == told[1], there


def of_a_scan_in_vain(hiding: House, account: str) -> tuple[list[str], ...]:
    """All that Aiko and the channel are shown of it, but for what was typed."""
    places = hiding.aiko.ephemerals, hiding.aiko.direct_messages, hiding.channel.roots
    before = [len(each) for each in places]
    hiding.aiko.slash(f"/kms-rotation scan account={account}", channel=CHANNEL)

    def shown_since() -> tuple[list[str], ...]:
        now = hiding.aiko.ephemerals, hiding.aiko.direct_messages, hiding.channel.roots
        return tuple(
            [shown(each).replace(account, "…") for each in messages[so_many:]]
            for messages, so_many in zip(now, before, strict=True)
        )

    def is_over() -> bool:
        whispers, direct, public = shown_since()
        return bool(whispers) and "ended early" in "".join((*direct, *public))

    eventually(is_over, f"the end of a scan of {account}")
    return shown_since()


def test_the_channel_is_told_of_a_request_and_not_of_its_key(hiding: House) -> None:
    with hiding.running():
        message = ask_for_secret(hiding)
        assert "asks to enable automatic rotation" in shown(message)
        assert "key that is not shown here" in shown(message)
        hiding.press(hiding.jonas, message, "Approve")
        hiding.until_shown(message, "Rotation is on")
        eventually(lambda: hiding.channel.thread(message.ts), "the result")
        for each in hiding.channel.messages:
            assert not [trace for trace in TRACES if trace in shown(each) + each.text]
    assert hiding.settled().state is RequestState.DONE


def test_the_message_of_such_a_request_shows_its_keys_to_those_who_may_see_them(hiding: House) -> None:
    with hiding.running():
        message = ask_for_secret(hiding)
        hiding.open_form(hiding.jonas, lambda: hiding.press(hiding.jonas, message, "Show the key"))
        assert SECRET in hiding.jonas.modal.visible_text
        told = hiding.whisper(hiding.aiko, lambda: hiding.press(hiding.aiko, message, "Show the key"))
        assert "not shown to you" in told
        assert not hiding.aiko.modals


def test_a_reminder_of_such_a_request_tells_nothing_of_its_key(hiding: House) -> None:
    with hiding.running() as process:
        message = ask_for_secret(hiding)
        hiding.clock.ahead += timedelta(hours=5)
        process.sweep()
        [reminder] = hiding.slack.wait_for(lambda: hiding.channel.thread(message.ts), what="the reminder")
    assert "still waits" in shown(reminder)
    assert not [trace for trace in TRACES if trace in shown(reminder) + reminder.text]


GLASS = """
[[approval.rule]]
accounts = ["secret-*"]
approvers = ["U0JONAS"]
break_glass = ["S0ONCALL"]

[[approval.rule]]
accounts = ["two-*"]
"""


def test_a_broken_glass_is_told_to_the_approvers_of_the_key_although_it_is_not_shown(hiding: House) -> None:
    """Jonas alone approves changes of the vault."""
    hiding.configure(CONFIGURATION.replace('\n[[approval.rule]]\naccounts = ["two-*"]\n', GLASS) + HIDING)
    with hiding.running():
        message = ask_for_secret(hiding)
        priya = hiding.slack.person("U0PRIYA")
        hiding.open_form(priya, lambda: hiding.press(priya, message, "Break glass …"))
        priya.submit(priya.modal, {REASON_BLOCK: {REASON_INPUT: "The vault/ stands open right now."}})
        [alarm] = eventually(lambda: [e for e in hiding.channel.messages if "look into it" in shown(e)], "the alarm")
        assert "U0JONAS" in str(alarm.blocks)
        assert "S0KEYADMINS" not in str(alarm.blocks)
        assert not [trace for trace in TRACES if trace in shown(alarm) + alarm.text]


def test_a_pattern_that_may_cover_hidden_keys_is_decided_by_those_who_may_see_them(hiding: House) -> None:
    hiding.key("web/sessions")
    hiding.configure(CONFIGURATION.replace("required = 2", "") + HIDING)
    with hiding.running() as process:
        hiding.open_form(hiding.mara, lambda: hiding.mara.slash("/kms-rotation exempt alias=[pv]a*", channel=CHANNEL))
        hiding.mara.submit(hiding.mara.modal, {REASON_BLOCK: {REASON_INPUT: "It is switched off in a week."}})
        message = hiding.slack.wait_for(lambda: hiding.channel.roots, what="the request")[-1]
        assert "2 open keys" in shown(message)
        assert "not shown here are not counted" in shown(message)
        assert "Nothing waits for you" in opened(hiding, hiding.aiko).visible_text
        told = hiding.whisper(hiding.aiko, lambda: hiding.press(hiding.aiko, message, "Approve"))
        assert "not shown to you, so you cannot decide it" in told
        hiding.press(hiding.jonas, message, "Approve")
        hiding.until_shown(message, "✅ Exempt")
        hiding.clock.ahead += timedelta(days=40)
        process.sweep()
        hiding.until_shown(message, "that ended")
        eventually(lambda: [e for e in hiding.channel.thread(message.ts) if "ended" in shown(e)], "that it ended")
    assert "open again" not in "".join(map(shown, hiding.channel.thread(message.ts)))


@pytest.mark.parametrize("button", ["Approve", "Deny"])
def test_nobody_decides_over_what_they_may_not_see(hiding: House, button: str) -> None:
    """Aiko is an approver."""
    with hiding.running():
        message = ask_for_secret(hiding)
        told = hiding.whisper(hiding.aiko, lambda: hiding.press(hiding.aiko, message, button))
        assert "not shown to you, so you cannot decide it" in told
        assert hiding.request().state is RequestState.PENDING
        entry = hiding.trail.newest(1)[0]
        assert (entry.act, entry.actor) == (Act.REFUSED, "U0AIKO")
        assert "HIDDEN" in entry.details


def test_a_digest_leaves_hidden_accounts_out(hiding: House) -> None:
    with hiding.running():
        hiding.command(hiding.jonas, "digest")
        digest = hiding.slack.wait_for(lambda: hiding.channel.roots, what="the digest")[-1]
        told = "\n".join(map(shown, hiding.channel.messages))
        assert "2 keys do not rotate" in shown(digest)
    assert not [trace for trace in TRACES if trace in told]


def test_a_channel_that_may_see_everything_is_told_of_everything(hiding: House) -> None:
    hiding.configure(CONFIGURATION.replace("[digest]", "[digest]\ninclude_hidden = true") + HIDING)
    with hiding.running():
        hiding.command(hiding.jonas, "digest")
        digest = hiding.slack.wait_for(lambda: hiding.channel.roots, what="the digest")[-1]
        assert "3 keys do not rotate" in shown(digest)
        assert SECRET in shown(digest)
        hiding.press_enable(hiding.mara, SECRET)
        hiding.mara.submit(hiding.mara.modal, {})
        message = hiding.slack.wait_for(hiding.request_messages, what="the request")[-1]
        assert SECRET in shown(message)


def test_a_preview_shows_nobody_more_than_they_may_see_whatever_its_channel_is_told(hiding: House) -> None:
    hiding.configure(CONFIGURATION.replace("[digest]", "[digest]\ninclude_hidden = true") + HIDING)
    with hiding.running():
        assert SECRET in hiding.command(hiding.jonas, "digest preview")
        assert not [trace for trace in TRACES if trace in hiding.command(hiding.aiko, "digest preview")]


def test_a_button_that_somebody_may_press_opens_no_form_for_a_hidden_key(hiding: House) -> None:
    """Aiko sends what Jonas' button carries."""
    with hiding.running():
        before = len(hiding.jonas.ephemerals)
        hiding.jonas.slash(f"/kms-rotation list alias={SECRET}", channel=CHANNEL)
        hiding.slack.wait_for(lambda: len(hiding.jonas.ephemerals) > before, what="the list")
        pressed = hiding.jonas.click(hiding.jonas.ephemerals[-1], text="Enable rotation")
        hiding.slack.wait_for(lambda: hiding.jonas.modals, what="the form")
        assert pressed is not None
        user = {**pressed.payload["user"], "id": "U0AIKO"}
        told = hiding.whisper(hiding.jonas, lambda: hiding.aiko.replay({**pressed.payload, "user": user}))
        assert told == UNKNOWN_KEY.replace("`", "")  # at the address of Jonas' click, which the payload carries
        assert not hiding.aiko.modals
        submitted = hiding.jonas.submit(hiding.jonas.modal, {})
        assert submitted is not None
        eventually(hiding.request_messages, "Jonas' request")
        asked = len(hiding.requests.in_state(*RequestState))
        hiding.aiko.replay({**submitted.payload, "user": user})
        hiding.slack.wait_for(lambda: updated_with(hiding, "does not know this key"), what="the refusal")
        assert len(hiding.requests.in_state(*RequestState)) == asked


def test_a_page_that_is_turned_to_says_that_something_is_left_out_as_the_first_one_does(hiding: House) -> None:
    turns = {  # no page is waited for by what is shown before it
        "exemptions_page": "No key is exempt",
        "requests_page": "No request is waiting",
        "list_page": "2 open keys",
    }
    with hiding.running():
        hiding.command(hiding.aiko, "list")
        form = hiding.aiko.click(hiding.aiko.ephemerals[-1], text="Enable several …")
        assert form is not None
        for name, words in turns.items():
            forged = deepcopy(form.payload)
            forged["actions"][0] |= {"action_id": f"{name}:next", "value": '{"scope":"","page":1}'}
            hiding.aiko.replay(forged)
            hiding.slack.wait_for(partial(_is_shown, hiding.aiko, words), what=words)
            assert UNSEEN in shown(hiding.aiko.ephemerals[-1]), name


def test_several_are_asked_for_without_the_hidden_ones(hiding: House) -> None:
    with hiding.running():
        before = len(hiding.aiko.ephemerals)
        hiding.aiko.slash("/kms-rotation list", channel=CHANNEL)
        hiding.slack.wait_for(lambda: len(hiding.aiko.ephemerals) > before, what="the list")
        hiding.open_form(hiding.aiko, lambda: hiding.aiko.click(hiding.aiko.ephemerals[-1], text="Enable several …"))
        assert SECRET not in str(hiding.aiko.modal.body)
        hiding.aiko.submit(hiding.aiko.modal, {"all": {"ticked": ["all"]}})
        request = eventually(lambda: next(iter(hiding.requests.in_state(*RequestState)), None), "the request")
        assert sorted(change.key_name for change in request.changes) == ["payments/card-vault", "payments/mobile"]


def test_a_group_that_slack_does_not_tell_of_shows_nothing_to_its_members(hiding: House) -> None:
    with hiding.running():
        hiding.slack.faults.error_next("usergroups.users.list", "internal_error", times=20)
        assert "2 keys do not rotate" in hiding.command(hiding.mara, "status")
        assert "3 keys do not rotate" in hiding.command(hiding.jonas, "status")
        hiding.slack.faults.clear()
        assert "3 keys do not rotate" in hiding.command(hiding.mara, "status")


def test_who_is_in_a_group_is_asked_again_after_a_minute(hiding: House) -> None:
    with hiding.running():
        for _ in range(3):
            hiding.command(hiding.aiko, "list")
        assert _lookups(hiding) == 1
        hiding.clock.ahead += timedelta(minutes=1)
        hiding.command(hiding.aiko, "list")
        assert _lookups(hiding) == 2


def _is_shown(who: Actor, words: str) -> bool:
    return words in shown(who.ephemerals[-1])


def _lookups(hiding: House) -> int:
    return sum(call.method == "usergroups.users.list" for call in hiding.slack.calls)


def ask_for_secret(hiding: House) -> Message:
    before = len(hiding.request_messages())
    hiding.press_enable(hiding.mara, SECRET)
    hiding.mara.submit(hiding.mara.modal, {"reason": {"text": "for the vault/"}})
    hiding.slack.wait_for(lambda: len(hiding.request_messages()) > before, what="the request's message")
    return hiding.request_messages()[-1]


def all_that_is_told(hiding: House, who: Actor, command: str) -> str:
    """What a command shows to one person: a whisper, a modal, or where a scan says how it went."""
    whispers, direct, modals = len(who.ephemerals), len(who.direct_messages), len(who.modals)
    roots = len(hiding.channel.roots)

    def told() -> Iterator[str]:
        yield from (shown(each) for each in who.ephemerals[whispers:])
        yield from (shown(each) for each in who.direct_messages[direct:])
        yield from (each.visible_text for each in who.modals[modals:])
        yield from (shown(each) for each in hiding.channel.roots[roots:] if "keys do not" in shown(each))

    who.slash(f"/kms-rotation {command}", channel=CHANNEL)
    hiding.slack.wait_for(lambda: [*told()], what=f"an answer to {command}")
    return "\n".join(told())
