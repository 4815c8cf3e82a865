"""What people hear whose fix did not last."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.requests import ChangeState, Request, RequestState
from bot.models.undone import UndoneFix
from bot.rules.code_lines import LOGICAL_ID
from bot.views.undone import undone
from deploy.sandbox.gallery.asked import broken_glass, request_in
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import AIKO, JONAS, ON, PLAY, STRANGE_WORDS, TOO_LONG, finding, later


def undone_fixes() -> Iterator[Sample]:
    asked = _request()
    found = finding()
    for name, of_key in {
        "one key": found,
        "one key of Terraform's": replace(found, managed_by="Terraform"),
        "one key of a stack": replace(
            found, managed_by="CloudFormation stack card-vault-prod", tags=((LOGICAL_ID, "CardVaultKey"),)
        ),
        "a longer period": finding(status=TOO_LONG),
        "rotates again by now": finding(status=ON),
        "exempt by now": replace(found, exempt_until=later(days=30)),
        "not known any more": None,
    }.items():
        fix = replace(_fix(asked), finding=of_key)
        yield shown(name, Surface.DIRECT, "Rotation was enabled, and is not any more").by(undone, [fix])
    for name, other in {
        "two approvals": _request(approvers=[JONAS, AIKO], required=2),
        "approved beforehand": _request(account=PLAY, required=0, approvers=[]),
        "glass broken": broken_glass(_request(approvers=[])),
    }.items():
        yield shown(name, Surface.DIRECT, "On whose word it had been enabled").by(undone, [_fix(other)])
    twelve = _request(keys=12)
    fixes = [_fix(twelve, number) for number in range(12)]
    yield shown("two keys", Surface.DIRECT, "Found at the same moment").by(undone, fixes[:2])
    yield shown("twelve keys", Surface.DIRECT, "More than a message shows").by(undone, fixes)
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.DONE, ChangeState.SUCCEEDED, words=words, approvers=[JONAS])
        of_others = UndoneFix(
            strange.changes[0], strange, finding(words, managed_by=words.manager), "k1", later(days=4)
        )
        yield shown(f"{kind} words", Surface.DIRECT, f"Names of others: {kind}").by(undone, [of_others])


def _request(keys: int = 1, **more: object) -> Request:
    return request_in(RequestState.DONE, *[ChangeState.SUCCEEDED] * keys, **{"approvers": [JONAS]} | more)  # type: ignore[arg-type]  # any of its arguments


def _fix(asked: Request, number: int = 0) -> UndoneFix:
    change = asked.changes[number]
    return UndoneFix(change, asked, finding(number=number + 1, arn=change.arn), f"k{number + 1}", later(days=4))
