"""What the command can do, as a page and a subcommand at a time."""

from dataclasses import dataclass

from bot.models.messages import Block, Rendered
from bot.views.budget import message
from bot.views.names import COMMAND
from bot.views.parts import context, note
from bot.views.rich import Inline, bold, bullets, code, rich
from bot.views.sentences import fallback, said, spoken


@dataclass(frozen=True, slots=True)
class Topic:
    """One subcommand: how it is written, what it does in a line, and more for those who ask."""

    name: str
    usage: str
    line: str
    more: str
    example: str


FILTERS = (
    "A filter is any of account=…, region=…, team=…, alias=… with shell wildcards, "
    "or a bare word that is looked for in alias, key id and account name."
)

TOPICS = (
    Topic(
        "status",
        "status [filter]",
        "how the keys stand, as of the last scan",
        f"Percent compliant, the worst accounts, what could not be read, how old the data is. {FILTERS}",
        "status account=prod-*",
    ),
    Topic(
        "list",
        "list [filter]",
        "the keys that do not rotate as they should, each with a button",
        f"“Enable rotation” asks for one key, “Enable several …” for any of the list, in one request. "
        "Nothing is changed before somebody else approves. In the menu beside a key, “Exempt …” asks to excuse it, and "
        f"“Snooze …” lets you hear of it later. {FILTERS}",
        "list team=payments region=eu-*",
    ),
    Topic(
        "key",
        "key <ARN, id or alias>",
        "one key, read from AWS now",
        "Rotation, next date, history, price, tags, and the newest request for it. “Rotate now …” asks for new key "
        "material at once, whatever the schedule.",
        "key payments/card-vault",
    ),
    Topic(
        "scan",
        "scan [account=…] [region=…]",
        "a scan now",
        "For people who may approve requests. Its message shows the progress; a narrowed scan reads that part anew.",
        "scan account=prod-payments",
    ),
    Topic(
        "exempt",
        "exempt [key, or account=… alias=… region=… tag:name=value]",
        "asks to leave a key, or all keys that match, out of the open ones for a time",
        "A form asks until when, why, and who looks after it; then others approve it, as they do a change. Exempt keys "
        "stay non-compliant and are counted beside the percentage. It ends by itself. “Exempt …” in the menu of an "
        "open key is the same.",
        "exempt legacy/erp-db",
    ),
    Topic(
        "exemptions",
        "exemptions [filter]",
        "what is exempt and until when, with who approved it and why",
        "The first to end comes first. “Renew …” asks for a longer time, “Withdraw” ends it now. "
        f"{FILTERS} A bare word is looked for in names, reasons, tickets and owners.",
        "exemptions account=prod-*",
    ),
    Topic(
        "requests",
        "requests",
        "what waits for approval",
        "Open requests with who asked, who approved so far, and when they expire.",
        "requests",
    ),
    Topic(
        "history",
        "history [key or request id]",
        "the record: who did what, and what came of it",
        "The record is append-only, and each entry holds the hash of the one before it.",
        "history payments/card-vault",
    ),
    Topic(
        "accounts",
        "accounts [filter]",
        "what the last scan covered, and what it could not read",
        "One line an account, those with something unread first; then who is left out, and why. "
        "A filter is account=…, region=… or a bare word that is looked for in account name and id.",
        "accounts account=data-*",
    ),
    Topic(
        "rules",
        "rules [key]",
        "which approval rule decides over a key, who could approve, and why anybody could not",
        "By the rules, AWS and Slack as they are now, you yourself included. Without a key: every rule in words.",
        "rules payments/card-vault",
    ),
    Topic(
        "digest",
        "digest [preview] [name]",
        "the digest now, all of them or one; with “preview” for your eyes only",
        "For people who may approve requests. It goes to the channels that it always goes to, and is whole also on a "
        "day without news. A preview is posted nowhere and changes nothing. /kms-rotation routes lists the names.",
        "digest preview payments",
    ),
    Topic(
        "routes",
        "routes",
        "which digests there are, where they go and when",
        "People who may approve requests can edit channel, schedule and time zone here, without a restart; it goes on "
        "record.",
        "routes",
    ),
    Topic(
        "help",
        "help [command]",
        "this page, or more about one command",
        "Say which command you mean.",
        "help scan",
    ),
)
BY_NAME = {topic.name: topic for topic in TOPICS}


def overview(notice: str = "") -> Rendered:
    """All subcommands; `notice` is a sentence above them."""
    blocks: list[Block] = [said(notice)] if notice else []
    blocks += [
        rich(bold("Keeps AWS KMS keys rotating: finds those that do not, asks, and enables rotation once approved.")),
        bullets(*(_line(topic) for topic in TOPICS)),
        context(note(FILTERS)),
    ]
    return message(spoken(notice) if notice else f"Here is what {COMMAND} can do.", blocks)


def about(topic: Topic) -> Rendered:
    blocks = (
        rich(_line(topic), topic.more),
        context(note(f"For example: {COMMAND} {topic.example}")),
    )
    return message(fallback(f"{COMMAND} {topic.usage}: {topic.line}."), blocks)


def _line(topic: Topic) -> list[Inline]:
    return [code(f"{COMMAND} {topic.usage}"), f"  {topic.line}"]
