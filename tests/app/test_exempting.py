"""Exemptions from the menu, the command and the list to the record, and everything that may stand in their way."""

from copy import deepcopy
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest

from bot.models.exemptions import ExemptionState
from bot.models.people import LookupFailure
from bot.models.requests import ChangeKind, ChangeState, RequestState
from bot.process import Process
from bot.recent import RecentPeople
from bot.store.exemptions import ExemptionStore
from deploy.sandbox.slack.delivery import Outcome
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import Message
from handlers import promptly
from tests.app.house import CHANNEL, CONFIGURATION, PATIENCE_SECONDS, PAYMENTS, House, eventually, house, shown

__all__ = ["house"]

KEY, OTHER = "legacy/erp-db", "web/sessions"
WHY = "The vendor mends its library in May."
TICKET = "https://tickets.example/SEC-1042"
Payload = dict[str, Any]
Values = dict[str, dict[str, Any]]


def day(house: House, days: int) -> str:
    """So many days from today, where the digest's days count."""
    return (house.clock().date() + timedelta(days=days)).isoformat()


def filled(house: House, days: int = 10, **more: dict[str, Any]) -> Values:
    return {
        "reason": {"text": WHY},
        "until": {"day": day(house, days)},
        "owner": {"person": "U0AIKO"},
        "ticket": {"address": TICKET},
        **more,
    }


def pattern(**parts: str) -> Values:
    return {name: {f"pattern:{name}": value} for name, value in parts.items()}


def open_form(house: House, who: Actor, what: str = KEY) -> str:
    if who.modals:
        who.close(who.modal)
    house.open_form(who, lambda: who.slash(f"/kms-rotation exempt {what}".strip(), channel=CHANNEL))
    return who.modal.visible_text


def answered(house: House, who: Actor, words: str) -> str:
    """What the form turned into, once it says these words."""
    house.slack.wait_for(lambda: words in who.modal.visible_text, what=f"“{words}” in the form")
    return who.modal.visible_text


def asked(house: House) -> list[Message]:
    return [each for each in house.channel.roots if "asks to exempt" in shown(each)]


def submit(house: House, who: Actor, values: Values) -> Message:
    before = len(asked(house))
    who.submit(who.modal, values)
    house.slack.wait_for(lambda: len(asked(house)) > before, what="the request's message")
    return asked(house)[-1]


def ask(house: House, who: Actor, what: str = KEY, values: Values | None = None) -> Message:
    open_form(house, who, what)
    return submit(house, who, filled(house) if values is None else values)


def grant(house: House, who: Actor, message: Message) -> None:
    house.press(who, message, "Approve")
    house.until_shown(message, "✅ Exempt")


def exemptions(house: House) -> ExemptionStore:
    return ExemptionStore(house.database)


def pass_days(house: House, process: Process, days: int) -> None:
    house.clock.ahead += timedelta(days=days)
    process.sweep()


def thread(house: House, message: Message) -> list[str]:
    return [shown(each) for each in house.channel.thread(message.ts)]


def until_told(house: House, message: Message, words: str) -> None:
    house.slack.wait_for(lambda: any(words in each for each in thread(house, message)), what=f"“{words}” in the thread")


# From the button to the end


def test_a_key_leaves_the_list_for_a_time_after_an_approval_and_comes_back_by_itself(house: House) -> None:
    house.key(KEY)
    house.key(OTHER)
    house.key("web/assets", rotation=365)
    with house.running() as process:
        house.command(house.mara, f"list alias={KEY}")
        house.open_form(
            house.mara, lambda: house.mara.choose(house.mara.ephemerals[-1], "Exempt …", action_id="more_of_key:*")
        )
        assert "The key stays non-compliant." in house.mara.modal.visible_text
        message = submit(house, house.mara, filled(house))
        assert "1 request waits for approval" in house.command(house.aiko, "exemptions")
        told = shown(message)
        for words in (f"{KEY} – prod-payments", WHY, TICKET, "Looked after by <@U0AIKO>", day(house, 10)):
            assert words in told.replace("\n", ""), words
        assert "Break glass" not in told
        assert KEY in house.command(house.mara, "list")
        assert "33.3% compliant: 1 of 3 keys" in house.command(house.mara, "status")
        grant(house, house.jonas, message)
        house.slack.wait_for(lambda: house.channel.thread(message.ts), what="the result")
        assert KEY not in house.command(house.mara, "list")
        status = house.command(house.mara, "status")
        assert "50% compliant: 1 of 2 keys" in status
        assert "1 exempt" in status
        key = house.command(house.mara, f"key {KEY}")
        assert "⏸️ Exempt" in key
        assert "❌ Not compliant" in key
        pass_days(house, process, 11)
        until_told(house, message, "1 key is open again.")
        house.until_shown(message, "Was exempt, and that ended")
        assert KEY in house.command(house.mara, "list")
        assert "No key is exempt" in house.command(house.mara, "exemptions")
        history = house.command(house.mara, f"history {KEY}")
    assert house.enable_calls == []
    change = house.request().changes[0]
    assert (change.kind, change.state) == (ChangeKind.EXEMPT, ChangeState.SUCCEEDED)
    for words in ("asked for an exemption", "granted an exemption", "let an exemption begin", "saw an exemption end"):
        assert words in history, words
    assert house.trail.verify().fault is None


def test_a_pattern_says_what_it_would_cover_and_covers_keys_that_come_later(house: House) -> None:
    house.key("legacy/a")
    house.key("legacy/b")
    house.key(OTHER)
    with house.running():
        told = open_form(house, house.mara, f"account={PAYMENTS} alias=legacy/*")
        assert "keys that come later as well" in told
        house.mara.click(house.mara.modal, text="What would it cover?")
        told = answered(house, house.mara, "it would cover 2 open keys")
        assert "“legacy/a”, “legacy/b”" in told
        message = submit(house, house.mara, filled(house))
        assert "it would cover 2 open keys" in shown(message)
        grant(house, house.jonas, message)
        assert "legacy" not in house.command(house.mara, "list")
        house.key("legacy/c")
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: "The scan has finished" in house.channel.roots[-1].text, what="the scan")
        assert "legacy" not in house.command(house.mara, "list")
        assert OTHER in house.command(house.mara, "list")


def test_a_pattern_needs_the_approvers_of_every_rule_that_could_mean_a_key_of_it(house: House) -> None:
    house.key(KEY)
    house.key(OTHER)
    with house.running():
        message = ask(house, house.mara, "alias=legacy/*")
        assert "fall under 2 rules, and each must be satisfied" in shown(message)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "“rule 1”: 1 of 2 approvals so far.")
        grant(house, house.aiko, message)
        assert "legacy" not in house.command(house.mara, "list")


def test_a_form_keeps_what_was_entered_when_it_tells_what_it_would_cover(house: House) -> None:
    house.key(KEY)
    house.key(OTHER)
    with house.running():
        open_form(house, house.mara, "")
        sent = house.mara.submit(house.mara.modal, filled(house))
        assert sent is not None
        assert house.mara.modal.errors == {"account": "Fill in one of these fields at least."}
        house.mara.submit(house.mara.modal, filled(house) | pattern(tag="stage"))
        assert "stage=test*" in house.mara.modal.errors["tag"]
        house.mara.click(house.mara.modal, text="What would it cover?")
        answered(house, house.mara, "Write a tag as a name")
        house.mara.submit(house.mara.modal, pattern(tag="", alias="legacy/*"))
        house.slack.wait_for(lambda: asked(house), what="the request's message")
        assert WHY in shown(asked(house)[0])


def test_a_digest_that_is_posted_follows_what_is_exempt_by_a_pattern_and_what_is_no_longer(house: House) -> None:
    house.key("legacy/a")
    house.key("legacy/b")
    house.key(OTHER)
    with house.running():
        for _ in range(2):
            house.command(house.jonas, "digest")
        older, digest = house.slack.wait_for(lambda: house.channel.roots[1:] and house.channel.roots, what="digests")
        assert shown(digest).count("Enable rotation\n") == 3
        assert "First: enable rotation of legacy/a" in shown(digest)
        grant(house, house.jonas, ask(house, house.mara, f"account={PAYMENTS} alias=legacy/*"))
        told = house.until_shown(digest, "Exempt until")
        assert told.count("Exempt until") == 2
        assert told.count("Enable rotation\n") == 1
        assert f"First: enable rotation of {OTHER}" in told
        assert house.now(older).blocks == older.blocks, "of a pattern, the newest digest alone is shown anew"
        house.command(house.mara, "exemptions")
        house.whisper(house.mara, lambda: house.mara.click(house.mara.ephemerals[-1], text="Withdraw"))
        house.slack.wait_for(lambda: "Exempt until" not in shown(house.now(digest)), what="the buttons")
        assert shown(house.now(digest)).count("Enable rotation\n") == 3


def test_a_digest_has_the_button_of_a_key_again_whose_exemption_has_ended(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        house.command(house.jonas, "digest")
        digest = house.slack.wait_for(lambda: house.channel.roots, what="the digest")[-1]
        grant(house, house.jonas, ask(house, house.mara))
        assert "Enable rotation\n" not in house.until_shown(digest, "Granted")
        pass_days(house, process, 11)
        house.until_shown(digest, "Enable rotation\n")


def test_a_request_that_is_in_the_way_of_another_is_named_with_the_way_out(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.command(house.jonas, "list")
        listed = house.jonas.ephemerals[-1]
        message = ask(house, house.mara)
        told = house.whisper(house.jonas, lambda: house.jonas.click(listed, text="Enable rotation"))
        assert told == (
            "<@U0MARA> has asked to exempt this key, and a key has one open request at a time. Once that one is "
            "withdrawn by <@U0MARA> or denied by an approver, ask again: /kms-rotation requests leads to it."
        )
        house.press(house.jonas, message, "Deny")
        house.until_shown(message, "denied")
        house.press_enable(house.mara, KEY)
        house.mara.submit(house.mara.modal, {})
        eventually(house.request_messages, "the request")
        told = house.whisper(house.mara, lambda: house.mara.slash(f"/kms-rotation exempt {KEY}", channel=CHANNEL))
        assert "has asked for the rotation of this key, and a key has one open request at a time" in told


def test_what_cannot_be_exempted_is_answered_with_what_could_be(house: House) -> None:
    house.key(KEY)
    house.key("web/rotating", rotation=365)
    answers = {
        "legacy/erp-bd": "Did you mean legacy/erp-db?",
        "acount=prod-*": "Did you mean account=?",
        "account=": "needs a value",
        "web/rotating": "This key is not open, so there is nothing to exempt.",
    }
    with house.running():
        for typed, told in answers.items():
            line = f"/kms-rotation exempt {typed}"
            assert told in house.whisper(house.mara, partial(house.mara.slash, line, channel=CHANNEL)), typed
        assert house.mara.modals == []


# What is wrong with a form


def replayed(house: House, payload: Payload, block: str, element: str, **entered: Any) -> str:  # noqa: ANN401 - JSON
    """What Slack is answered to the same form with something else in one field."""
    changed = deepcopy(payload)
    changed["view"]["state"]["values"][block][element] |= entered
    before = len(house.slack.acks)
    house.mara.replay(changed)
    return str(house.slack.acks[before:])


def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_asked_for(house: House) -> None:
    house.key(KEY)
    with house.running():
        open_form(house, house.mara)
        assert house.mara.submit(house.mara.modal, {"owner": {"person": "U0AIKO"}}) is None
        sent = house.mara.submit(house.mara.modal, filled(house, ticket={"address": "https:// not an address"}))
        assert sent is not None
        assert list(house.mara.modal.errors) == ["ticket"]
        payload = sent.payload
        payload["view"]["state"]["values"]["ticket"]["address"]["value"] = TICKET
        for days, told in ((-1, "after today"), (0, "after today"), (91, "at the latest")):
            assert told in replayed(house, payload, "until", "day", selected_date=day(house, days)), days
        for date in ("", None, "soon", "2026-02-30", "９９９９-01-01"):
            assert "Choose the last day" in replayed(house, payload, "until", "day", selected_date=date), date
        for reason in ("", None, "   ", "too short"):
            assert "10 characters or more" in replayed(house, payload, "reason", "text", value=reason), reason
        assert "500 characters at most" in replayed(house, payload, "reason", "text", value="why " * 200)
        for address in ("SEC-1042", "javascript:alert(1)", "https://"):
            assert "https://" in replayed(house, payload, "ticket", "address", value=address), address
    assert house.requests.in_state(*RequestState) == []


@pytest.mark.parametrize(
    ("what", "more", "words"),
    [
        (KEY, {}, "on its way to the channel"),
        (
            KEY,
            {"ticket": {"address": "https:// not an address"}},
            "Write the ticket's address, beginning with https://",
        ),
        ("", pattern(account="*"), "This covers everything"),
    ],
)
def test_a_form_is_acked_while_slack_does_not_tell_who_may_see_what_and_answered_then(
    house: House, monkeypatch: pytest.MonkeyPatch, what: str, more: Values, words: str
) -> None:
    tell, is_told = RecentPeople.members_of, Event()

    def tell_late(people: RecentPeople, group: str) -> frozenset[str] | LookupFailure:
        assert is_told.wait(PATIENCE_SECONDS)
        return tell(people, group)

    house.key(KEY)
    house.configure(f'{CONFIGURATION}\n[[visibility.rule]]\naccounts = ["secret-*"]\nvisible_to = ["S0ONCALL"]\n')
    with house.running():
        open_form(house, house.mara, what)
        monkeypatch.setattr(promptly, "PROMPT_SECONDS", 0.01)
        monkeypatch.setattr(RecentPeople, "members_of", tell_late)
        sent = house.mara.submit(house.mara.modal, filled(house) | more)
        assert sent is not None
        assert sent.outcome is Outcome.ACKED
        assert "Asking …" in house.mara.modal.visible_text
        is_told.set()
        answered(house, house.mara, words)


def test_a_pattern_that_covers_everything_is_asked_about_once_more(house: House) -> None:
    house.key(KEY)
    house.key(OTHER)
    everything = filled(house) | pattern(account="prod-*")
    with house.running():
        open_form(house, house.mara, "")
        house.mara.submit(house.mara.modal, everything)
        assert "Yes, all 2 open keys" in answered(house, house.mara, "This covers everything")
        house.mara.submit(house.mara.modal, {})
        assert "This covers everything" in house.mara.modal.visible_text
        assert asked(house) == []
        house.mara.submit(house.mara.modal, {"sure": {"ticked": ["Yes, all 2 open keys"]}, **pattern(account="*")})
        assert "This covers everything" in house.mara.modal.visible_text
        assert asked(house) == [], "the yes was to another pattern"
        submit(house, house.mara, {"sure": {"ticked": ["Yes, all 2 open keys"]}})
    assert len(house.requests.in_state(RequestState.PENDING)) == 1


def test_somebody_who_has_left_cannot_look_after_it(house: House) -> None:
    house.key(KEY)
    with house.running():
        open_form(house, house.mara)
        house.mara.submit(house.mara.modal, filled(house, owner={"person": "U0LEFT"}))
        assert "has left" in answered(house, house.mara, "cannot be the owner")
    assert house.requests.in_state(*RequestState) == []


# Who may


def test_only_others_on_the_list_approve_it(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = ask(house, house.jonas)
        own = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
        assert "somebody else has to approve it" in own
        stranger = house.slack.person("U0PRIYA")
        told = house.whisper(stranger, lambda: house.press(stranger, message, "Approve"))
        assert "You are not an approver here." in told
        assert KEY in house.command(house.mara, "list")
        grant(house, house.aiko, message)
    assert house.request().approvers == ("U0AIKO",)


def test_a_guest_cannot_ask_nor_withdraw(house: House) -> None:
    house.key(KEY)
    guest = house.slack.person("U0GUEST")
    with house.running():
        open_form(house, guest)
        guest.submit(guest.modal, filled(house))
        answered(house, guest, "Only full members of this workspace can do that")
        assert house.requests.in_state(*RequestState) == []
        grant(house, house.jonas, ask(house, house.mara))
        house.command(guest, "exemptions")
        listed = guest.ephemerals[-1]
        told = house.whisper(guest, lambda: guest.click(listed, text="Withdraw"))
        assert "Only full members of this workspace can do that" in told
    assert len(exemptions(house).active()) == 1


def test_nobody_is_asked_twice_for_the_same(house: House) -> None:
    house.key(KEY)
    house.key(OTHER)
    with house.running():
        open_form(house, house.mara)
        sent = house.mara.submit(house.mara.modal, filled(house))
        assert sent is not None
        answered(house, house.mara, "on its way")
        payload = deepcopy(sent.payload)
        payload["view"]["hash"] = house.mara.modal.hash
        house.mara.replay(payload)
        answered(house, house.mara, "has asked for this exemption already")
    assert len(house.requests.in_state(*RequestState)) == 1


def test_a_request_that_nobody_decides_expires_and_one_that_is_denied_exempts_nothing(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        first = ask(house, house.mara)
        pass_days(house, process, 2)
        house.until_shown(first, "nobody approved it in time")
        second = ask(house, house.mara)
        house.press(house.jonas, second, "Deny")
        house.until_shown(second, "🚫 Denied")
        assert KEY in house.command(house.mara, "list")
    assert exemptions(house).active() == []


def test_no_glass_is_broken_for_an_exemption(house: House) -> None:
    house.configure(CONFIGURATION + 'break_glass = ["S0KEYADMINS"]\n')
    house.key(KEY)
    with house.running():
        message = ask(house, house.mara)
        assert "Break glass" not in shown(message)
        request_id = house.request().id
        sent = house.jonas.click(message, text="Deny", wait=False)
        assert sent is not None
        house.until_shown(message, "🚫 Denied")
        forged = deepcopy(sent.payload)
        forged["actions"][0] |= {"action_id": "break_glass", "value": request_id}
        house.whisper(house.jonas, lambda: house.jonas.replay(forged))
    assert exemptions(house).active() == []


# Ending it, and holding on to it


def test_whoever_asked_withdraws_it_and_the_key_is_open_at_once(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = ask(house, house.mara)
        grant(house, house.jonas, message)
        listed = house.command(house.mara, "exemptions")
        for words in ("1 exemption", f"{KEY} – prod-payments", WHY, "approved by <@U0JONAS>", TICKET):
            assert words in listed.replace("\n", ""), words
        priya = house.slack.person("U0PRIYA")
        house.command(priya, "exemptions")
        told = house.whisper(priya, lambda: priya.click(priya.ephemerals[-1], text="Withdraw"))
        assert "can withdraw this exemption" in told
        before = house.mara.ephemerals[-1]
        told = house.whisper(house.mara, lambda: house.mara.click(before, text="Withdraw"))
        assert "1 key is open again." in told
        until_told(house, message, "was withdrawn by <@U0MARA>")
        house.until_shown(message, "Was exempt, and that was withdrawn")
        assert KEY in house.command(house.mara, "list")
        again = house.whisper(house.mara, lambda: house.mara.click(before, text="Withdraw"))
        assert "has ended already" in again
    assert house.trail.verify().fault is None


def test_an_exemption_is_renewed_by_a_new_request_and_holds_all_the_while(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        first = ask(house, house.mara)
        grant(house, house.jonas, first)
        house.command(house.mara, "exemptions")
        house.open_form(house.mara, lambda: house.mara.click(house.mara.ephemerals[-1], text="Renew …"))
        assert "The new exemption takes its place." in house.mara.modal.visible_text
        second = submit(house, house.mara, {"until": {"day": day(house, 60)}})
        assert "It renews an exemption" in shown(second)
        assert WHY in shown(second)
        grant(house, house.jonas, second)
        house.until_shown(first, "Was exempt, and that was renewed")
        pass_days(house, process, 20)
        assert KEY not in house.command(house.mara, "list")
    (active,) = exemptions(house).active()
    assert active.until.date().isoformat() == (house.clock().date() + timedelta(days=40)).isoformat()


def test_what_the_configuration_declares_is_marked_and_changed_only_there(house: House) -> None:
    house.configure(
        CONFIGURATION
        + f'\n[[exemption.declared]]\naccount = "prod-*"\nalias = "legacy/*"\nuntil = {day(house, 30)}\n'
        + f'reason = "{WHY}"\nowner = "the ERP team"\n'
    )
    house.key(KEY)
    house.key(OTHER)
    with house.running():
        assert KEY not in house.command(house.mara, "list")
        listed = house.command(house.mara, "exemptions")
        assert "Declared in the configuration" in listed
        assert "the ERP team" in listed
        assert "Withdraw" not in listed
        (declared,) = exemptions(house).active()
        told = forge_withdrawal(house, declared.id)
        assert "Change it there" in told
    (still,) = exemptions(house).active()
    assert still.state is ExemptionState.ACTIVE


def forge_withdrawal(house: House, exemption_id: str) -> str:
    house.command(house.jonas, f"key {OTHER}")
    sent = house.jonas.click(house.jonas.ephemerals[-1], text="Enable rotation")
    assert sent is not None
    forged = deepcopy(sent.payload)
    forged["actions"][0] |= {"action_id": f"withdraw_exemption:{exemption_id}", "value": exemption_id}
    return house.whisper(house.jonas, lambda: house.jonas.replay(forged))


# The list


def test_the_list_is_filtered_and_paged(house: House) -> None:
    for number in range(10):
        house.key(f"legacy/key-{number}")
    with house.running():
        for number in range(10):
            open_form(house, house.mara, f"legacy/key-{number}")
            submit(house, house.mara, filled(house, days=number + 1))
        told = house.command(house.mara, "exemptions")
        assert "10 requests wait for approval" in told
        for message in asked(house):
            house.press(house.jonas, message, "Approve")
        eventually(lambda: len(exemptions(house).active()) == 10, "ten exemptions")
        assert "10 exemptions, the next to end first · page 1 of 2" in house.command(house.mara, "exemptions")
        first = house.mara.ephemerals[-1]
        assert "legacy/key-0" in shown(first)
        house.mara.click(first, text="Next ▶")
        house.slack.wait_for(lambda: "page 2 of 2" in shown(house.mara.ephemerals[-1]), what="the next page")
        assert "legacy/key-9" in shown(house.mara.ephemerals[-1])
        assert "1 exemption matching" in house.command(house.mara, "exemptions alias=*key-3")
        assert "No exemption matches" in house.command(house.mara, "exemptions account=data-*")
        assert "10 exemptions matching" in house.command(house.mara, "exemptions account=prod-* vendor")


# What a tampered client sends


FORGED = ("", "key:", "key:k0000000000000000", "renewal:", "renewal:e000", "arn:aws:kms:x", "other:1", "x" * 3000)


def test_a_form_that_nobody_offered_asks_for_nothing(house: House) -> None:
    house.key(KEY)
    house.key(OTHER)
    with house.running():
        open_form(house, house.mara)
        sent = house.mara.submit(house.mara.modal, filled(house, ticket={"address": "https:// no"}))
        assert sent is not None
        for metadata in FORGED:
            forged = deepcopy(sent.payload)
            forged["view"] |= {"private_metadata": metadata}
            forged["view"]["state"]["values"]["ticket"]["address"]["value"] = TICKET
            before = len(house.slack.acks)
            house.mara.replay(forged)
            assert "'title': {'type': 'plain_text', 'text': 'Ask for an exemption'" in str(house.slack.acks[before:])
    assert house.requests.in_state(*RequestState) == []


def without_options(payload: Payload) -> None:
    del payload["actions"][0]["selected_option"]


def another_option(payload: Payload) -> None:
    payload["actions"][0]["selected_option"]["value"] = "drop_table:k1"


def another_key(payload: Payload) -> None:
    payload["actions"][0]["selected_option"]["value"] = "exempt_key:k0000000000000000"


def test_a_forged_choice_of_the_menu_opens_nothing(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.command(house.mara, "list")
        sent = house.mara.choose(house.mara.ephemerals[-1], "Exempt …", action_id="more_of_key:*")
        assert sent is not None
        house.slack.wait_for(lambda: house.mara.modals, what="the form")
        house.mara.close(house.mara.modal)
        for break_it in (without_options, another_option, another_key):
            forged = deepcopy(sent.payload)
            break_it(forged)
            told = house.whisper(house.mara, partial(house.mara.replay, forged))
            assert "does not know this key" in told or "older message" in told
        assert house.mara.modals == []


def test_a_forged_page_of_the_list_is_called_an_old_button(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.command(house.mara, "list")
        sent = house.mara.click(house.mara.ephemerals[-1], text="Enable rotation")
        assert sent is not None
        for value in ("", "null", '{"scope":"acount=1","page":1}', "[" * 1999):
            forged = deepcopy(sent.payload)
            forged["actions"][0] |= {"action_id": "exemptions_page:next", "value": value}
            assert "older message" in house.whisper(house.mara, partial(house.mara.replay, forged))
