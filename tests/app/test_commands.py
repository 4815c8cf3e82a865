"""`/kms-rotation …` as people type it."""

import pytest

from bot.models.requests import RequestState
from handlers.commands import SUBCOMMANDS
from tests.app.home_tab import opened
from tests.app.house import CHANNEL, HANGS, PAYMENTS, House, eventually, house, shown

__all__ = ["house"]


def test_help_lists_every_subcommand_and_teaches_each(house: House) -> None:
    with house.running():
        page = house.command(house.mara, "help")
        for name in SUBCOMMANDS:
            assert f"/kms-rotation {name}" in page
            assert f"For example: /kms-rotation {name}" in house.command(house.mara, f"help {name}")
        assert house.command(house.mara, "") == page


@pytest.mark.parametrize(("typed", "meant"), [("statsu", "status"), ("lst", "list"), ("HISTROY", "history")])
def test_a_misspelt_subcommand_is_answered_with_the_nearest_one(house: House, typed: str, meant: str) -> None:
    with house.running(scanned=False):
        assert f"Did you mean /kms-rotation {meant}?" in house.command(house.mara, typed)


def test_status_counts_by_verdict_and_says_what_could_not_be_read(house: House) -> None:
    house.aws.world.account("222222222222", "prod-web", roles=False)
    house.key("payments/a")
    house.key("payments/b", 365)
    house.key("payments/c", spec="RSA_2048")
    arn = house.key("payments/d")
    house.aws.faults.deny(action="kms:GetKeyRotationStatus", resource=arn, kind="key-policy")
    with house.running():
        told = house.command(house.mara, "status")
    assert "50% compliant: 1 of 2 keys that can rotate." in told
    assert "1 could not be read · 1 to which rotation does not apply" in told
    assert "prod-payments" in told
    assert "Not everything could be read" in told
    assert "kms:GetKeyRotationStatus is denied (by the key policy)" in told
    assert "prod-web" in told
    assert "sts:AssumeRole is denied" in told


def test_a_filter_narrows_status_and_one_that_matches_nothing_says_so(house: House) -> None:
    house.key("payments/a")
    house.key("web/b", 365)
    with house.running():
        assert "100% compliant" in house.command(house.mara, "status alias=web/*")
        assert "No key of the last scan matches" in house.command(house.mara, "status alias=nothing-*")
        assert "No open key matches alias=nothing-*" in house.command(house.mara, "list alias=nothing-*")
        assert "Did you mean" in house.command(house.mara, "status acount=1")


@pytest.mark.parametrize(
    "typed",
    [
        "status account=“R&amp;D West”",
        "status\u00a0account=«R&amp;D West»",
        "STATUS\naccount=r&amp;d*",
        "status \u200eaccount=`R&amp;D*`\u200f",
        'status "account=R&amp;D West"',
    ],
)
def test_what_a_telephone_or_slack_makes_of_a_filter_is_understood(house: House, typed: str) -> None:
    house.aws.world.account("222222222222", "R&D West")
    house.key(account="222222222222", rotation=365)
    house.key()
    with house.running():
        assert "1 of 1 key that can rotate" in house.command(house.mara, typed)


LONG = "x" * 3000
HOSTILE = "<!channel> <@U0MARA> <https://evil.example|here>"
STRANGE = ["🔑" * 500, "\u202egnp.yek", HOSTILE, "a\nb", LONG, f"team={LONG}"]


@pytest.mark.parametrize(
    "subcommand", ["", "status ", "list ", "key ", "history ", "accounts ", "rules ", "scan ", "help "]
)
def test_whatever_is_typed_is_answered(house: House, subcommand: str) -> None:
    house.key()
    with house.running():
        for text in STRANGE:
            told = house.command(house.jonas, subcommand + text)
            assert told
            assert "Something went wrong" not in told
            assert "<!channel>" not in house.jonas.ephemerals[-1].text


def test_before_the_first_scan_nothing_is_claimed(house: House) -> None:
    house.key()
    house.aws.faults.slow(HANGS, action="kms:ListKeys")
    with house.running(scanned=False):
        for command in ("status", "list", "accounts"):
            assert "Nothing has been scanned yet" in house.command(house.mara, command)
        eventually(lambda: "A scan is running: " in house.command(house.mara, "status"), "how far it is")
        told = opened(house, house.jonas).visible_text
        assert "A scan is running: " in told
        assert "known to be yours" not in told
        house.aws.faults.clear()


def test_the_list_turns_its_pages_in_place(house: House) -> None:
    for number in range(23):
        house.key(f"batch/key-{number:02}")
    with house.running():
        first = house.command(house.mara, "list")
        assert "23 open keys" in first
        assert "batch/key-00" in first
        assert "batch/key-10" not in first
        message = house.mara.ephemerals[-1]
        house.mara.click(message, text="Next ▶")
        house.slack.wait_for(lambda: "batch/key-10" in shown(house.mara.ephemerals[-1]), what="the second page")
        assert len(house.mara.ephemerals) == 1
        house.mara.click(house.mara.ephemerals[-1], text="Next ▶")
        house.slack.wait_for(lambda: "page 3 of 3" in shown(house.mara.ephemerals[-1]), what="the third page")
        assert "Next ▶" not in shown(house.mara.ephemerals[-1])


def test_a_key_is_read_live_and_shown_in_full(house: House) -> None:
    arn = house.key("payments/card-vault", 730, tags={"team": "payments", "managed-by": "terraform"})
    with house.running():
        for name in (arn, arn.rpartition("/")[2], "payments/card-vault", "alias/payments/card-vault"):
            told = house.command(house.mara, f"key {name}")
            assert "Rotates every 730 days; the policy allows at most 365." in told
        assert "team=payments" in told
        assert "Managed by Terraform" in told
        house.aws.faults.enable_rotation(arn)
        assert "Rotates every 365 days." in house.command(house.mara, "key payments/card-vault")
        assert "100% compliant" in house.command(house.mara, "status")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Which key?"),
        ("payments/card-valt", "Did you mean payments/card-vault?"),
        ("arn:aws:s3:::bucket", "is not the ARN of a KMS key"),
        ("arn:aws-cn:kms:cn-north-1:111111111111:key/1", "lies in the partition aws-cn, and this bot works in aws"),
        ("arn:aws:kms:eu-central-1:111111111111:key/gone", "The last scan found no such key"),
        ("twice", "2 keys go by “twice”"),
    ],
)
def test_a_key_that_is_not_there_gets_a_sentence_that_helps(house: House, typed: str, words: str) -> None:
    house.key()
    house.aws.world.account("222222222222", "prod-web")
    house.key("twice")
    house.key("twice", account="222222222222")
    with house.running():
        assert words in house.command(house.mara, f"key {typed}")


def test_what_cannot_be_read_of_a_key_is_said_in_its_place(house: House) -> None:
    house.key()
    with house.running():
        house.aws.faults.deny(action="kms:ListResourceTags")
        told = house.command(house.mara, "key payments/card-vault")
    assert "Tags could not be read: kms:ListResourceTags is denied" in told


def test_a_scan_shows_its_progress_in_one_message(house: House) -> None:
    for number in range(5):
        house.key(f"batch/{number}")
    with house.running():
        house.aws.faults.slow(HANGS, action="kms:DescribeKey")
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the scan's message")
        message = house.channel.roots[0]
        busy = house.command(house.aiko, "scan")
        house.aws.faults.clear()
        told = house.until_shown(message, "Scan finished.")
    assert "A scan is running" in busy
    assert "5 keys do not rotate as they should" in told
    assert [each.ts for each in house.channel.roots] == [message.ts]


def test_a_narrowed_scan_reads_that_part_and_a_team_is_no_part(house: House) -> None:
    house.key()
    with house.running():
        assert "A scan is narrowed by account= and region=" in house.command(house.jonas, "scan team=payments")
        house.aws.calls.clear()
        house.jonas.slash("/kms-rotation scan account=prod-payments", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the scan's message")
        house.until_shown(house.channel.roots[0], "Scan of account=prod-payments finished")
    assert {call.account for call in house.aws.calls.named("ListKeys")} == {PAYMENTS}


def test_only_people_who_may_approve_start_a_scan_or_send_the_digest(house: House) -> None:
    with house.running():
        assert "Only people who may approve requests can start a scan" in house.command(house.mara, "scan")
        assert "can send or preview the digest" in house.command(house.mara, "digest")
        house.command(house.jonas, "digest")
        house.slack.wait_for(lambda: house.channel.roots, what="the digest")


def test_where_the_bot_is_not_in_the_channel_a_scan_reports_directly(house: House) -> None:
    house.key()
    with house.running():
        house.jonas.slash("/kms-rotation scan", channel="C0GENERAL")
        house.slack.wait_for(
            lambda: any("Scan finished" in shown(each) for each in house.jonas.direct_messages), what="the report"
        )
        assert house.slack.channel("C0GENERAL").messages == []


def test_requests_and_history_tell_what_waits_and_what_happened(house: House) -> None:
    house.key()
    with house.running():
        assert "No request is waiting" in house.command(house.mara, "requests")
        message = house.ask(house.mara, "payments/card-vault", {"reason": {"text": "Audit on Monday"}})
        waiting = house.command(house.aiko, "requests")
        assert "1 open request" in waiting
        assert "Asked by <@U0MARA>" in waiting
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        about_key = house.command(house.mara, "history payments/card-vault")
        request = house.requests.in_state(*RequestState)[0]
        about_request = house.command(house.mara, f"history {request.id}")
        everything = house.command(house.mara, "history")
        unknown = house.command(house.mara, "history payments/nothing")
    for told in (about_key, about_request, everything):
        assert "asked for rotation" in told
        assert "Audit on Monday" in told
        assert "enabled rotation" in told
        assert "AWS request id" in told
    assert "knows no key" in unknown


def test_accounts_shows_coverage_with_causes(house: House) -> None:
    house.aws.world.account("222222222222", "legacy-erp", roles=False)
    house.key()
    with house.running():
        told = house.command(house.mara, "accounts")
        assert "2 not wholly read" not in told
        assert "legacy-erp" in told
        assert "sts:AssumeRole is denied" in told
        assert "eu-central-1 1" in house.command(house.mara, "accounts account=prod-*")
        assert "prod-payments" not in house.command(house.mara, "accounts legacy")
        assert "choose among keys" in house.command(house.mara, "accounts team=payments")


def test_commands_are_acked_before_aws_has_answered_anything(house: House) -> None:
    house.key()
    with house.running():
        house.aws.faults.slow(HANGS, action="kms:*")
        for command in ("key payments/card-vault", "scan", "status", "list", "digest", "help"):
            house.jonas.slash(f"/kms-rotation {command}", channel=CHANNEL)
        assert [delivery.outcome.name for delivery in house.slack.acks] == ["ACKED"] * 6
        assert house.jonas.notices == []
        house.aws.faults.clear()


def test_a_button_of_an_older_version_says_so(house: House) -> None:
    house.key()
    with house.running():
        message = house.ask(house.mara, "payments/card-vault")
        old = eventually(lambda: house.now(message), "the message")
        house.whisper(house.jonas, lambda: house.jonas.click(old, text="Deny", deny=False, forged_value="x"))
        body = house.slack.acks[-1].payload
        body["actions"][0]["action_id"] = "something_of_last_year"
        told = house.whisper(house.jonas, lambda: house.jonas.replay(body))
    assert "older message" in told
