"""What each tool answers to every kind of key, beside the truth."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.peers import custodian, prowler
from tests.benchmarks.ways import SCAN_COMMAND
from tests.benchmarks.worlds import EVERY_EASY_KIND, EVERY_KIND, KINDS_EACH, KINDS_SEED
from tests.scale.kinds import NO, OUT, UNREAD, YES
from tests.scale.organisation import showcase
from tests.scale.truth import TrueFinding, Truth

RIGHT, WRONG, SILENT = "right", "wrong", "silent"

Grade = Callable[[TrueFinding, str | None], str]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool's answers by ARN, how they are held against the truth, and what it was asked."""

    name: str
    answers: Mapping[str, str]
    grade: Grade
    asked: Truth

    def graded(self) -> Counter[str]:
        return Counter(self.grade(true, self.answers.get(arn)) for arn, true in self.asked.findings.items())


def report(bench: Bench) -> Iterator[str]:
    _, truth = showcase(KINDS_SEED, KINDS_EACH)
    yield f"## One account, {len(truth.findings)} keys of every kind: what each tool answers\n"
    tools = [Tool("the bot’s scan", bench.whole(SCAN_COMMAND, EVERY_KIND).outcome.answers, _grade_ours, truth)]
    if bench.with_peers:
        tools += _peers(bench, truth)
    yield _summary(tools)
    yield (
        "Wrong is an answer that is not true: a failure of a key that cannot rotate, or any verdict on one that could "
        "not be read. Silent is none where one is due. To pass a key that cannot rotate, or to leave it out, is right. "
        "Neither peer's check knows a longest period, and Cloud Custodian tells only what it flags.\n"
    )
    yield _table(truth, tools)
    wrong = len(truth.findings) - tools[0].graded()[RIGHT]
    bench.want("keys of every kind, answered otherwise than the truth", "0", str(wrong), is_reached=wrong == 0)


def _peers(bench: Bench, truth: Truth) -> Iterator[Tool]:
    yield Tool(prowler.NAME, bench.whole(prowler.of_account(), EVERY_KIND).outcome.answers, _grade_prowler, truth)
    way = custodian.of_account(custodian.ACCOUNT_FAILED)
    yield Tool(custodian.NAME, bench.whole(way, EVERY_KIND).outcome.answers, _grade_custodian, truth)
    easy, name = bench.whole(way, EVERY_EASY_KIND).outcome.answers, f"{custodian.NAME}, where no call errs"
    yield Tool(name, easy, _grade_custodian, showcase(KINDS_SEED, KINDS_EACH, with_errors=False)[1])


def _grade_ours(true: TrueFinding, answer: str | None) -> str:
    if answer is None:
        return SILENT
    return RIGHT if answer == f"{true.verdict} {true.reason}" else WRONG


def _grade_prowler(true: TrueFinding, answer: str | None) -> str:
    if answer is None:
        return RIGHT if true.verdict == OUT else SILENT
    right = {YES: {prowler.PASS}, NO: {prowler.FAIL}, OUT: {prowler.PASS}, UNREAD: set[str]()}
    return RIGHT if answer in right[true.verdict] else WRONG


def _grade_custodian(true: TrueFinding, answer: str | None) -> str:
    if answer is None:
        return RIGHT if true.verdict in {YES, OUT} else SILENT
    return RIGHT if true.verdict == NO else WRONG


def _summary(tools: list[Tool]) -> str:
    rows = ((tool.name, *(str(tool.graded()[grade]) for grade in (RIGHT, WRONG, SILENT))) for tool in tools)
    return tables.table(("keys", RIGHT, WRONG, SILENT), rows)


def _table(truth: Truth, tools: list[Tool]) -> str:
    by_kind: dict[str, list[str]] = {}
    for arn, finding in truth.findings.items():
        by_kind.setdefault(finding.kind, []).append(arn)
    rows = []
    for kind, arns in sorted(by_kind.items(), key=lambda each: _order(truth, each[1])):
        true = truth.findings[arns[0]]
        cells = (_cell(tool, arns) for tool in tools)
        rows.append((kind, f"{true.verdict} {true.reason}", *cells))
    return tables.table(("kind of key", "the truth", *(tool.name for tool in tools)), rows)


def _order(truth: Truth, arns: list[str]) -> tuple[int, str, str]:
    true = truth.findings[arns[0]]
    return (YES, NO, OUT, UNREAD).index(true.verdict), true.reason, true.kind


def _cell(tool: Tool, arns: list[str]) -> str:
    """Say how the keys of one kind are answered: in one way, or each way is told."""
    asked = {arn: tool.asked.findings[arn] for arn in arns if arn in tool.asked.findings}
    told = {(tool.grade(true, tool.answers.get(arn)), tool.answers.get(arn, "")) for arn, true in asked.items()}
    return (
        " / ".join(f"**wrong**: {answer}" if grade == WRONG else grade for grade, answer in sorted(told)) or "not asked"
    )
