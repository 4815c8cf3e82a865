"""The bot dies between any two effects, and the next start finds out what is true.

Every effect of carrying a change out (on the database, STS and KMS) is counted, and the bot is stopped dead before and
after each of them in turn. Database and AWS are real; only the process that would be gone is replaced by a new one.
"""

from dataclasses import replace

import pytest

from bot.models.requests import ChangeKind, ChangeState
from bot.store.engine import Database
from bot.store.trail import Trail
from tests.remediate.bench import MEMBER, Bench, DiedError, Fate, bench
from tests.store.databases import MakeUrl

__all__ = ["bench"]

EFFECTS = {ChangeKind.ENABLE_ROTATION: 14, ChangeKind.ROTATE_ON_DEMAND: 16, ChangeKind.EXEMPT: 3}
"""At most, of a change that nothing interrupts."""

UNDONE = {
    ChangeKind.ENABLE_ROTATION: "The key does not rotate as asked.",
    ChangeKind.ROTATE_ON_DEMAND: "Nobody knows whether AWS carried it out: the key does not show it so far.",
}


def lived_through(bench: Bench) -> list[str]:
    """The effects of a change that nothing interrupts."""
    fate = Fate()
    bench.remediation(fate).carry_out(bench.approved())
    return fate.effects


def test_the_effects_come_in_the_order_of_the_design(bench: Bench) -> None:
    effects = [each for each in lived_through(bench) if each not in {"current", "get"}]
    assert effects == [
        "claim",
        "open",
        "describe",
        "rotation_status",
        "note_call",
        "enable_rotation",
        "describe",
        "rotation_status",
        "conclude",
    ]


def test_a_rotation_on_demand_has_its_history_read_before_and_after(bench: Bench) -> None:
    bench.kind = ChangeKind.ROTATE_ON_DEMAND
    effects = [each for each in lived_through(bench) if each not in {"current", "get"}]
    assert effects == [
        "claim",
        "open",
        "describe",
        "rotation_status",
        "rotations",
        "note_call",
        "rotate_on_demand",
        "describe",
        "rotation_status",
        "rotations",
        "conclude",
    ]


def test_an_exemption_is_claimed_and_concluded_and_aws_is_left_alone(bench: Bench) -> None:
    bench.kind = ChangeKind.EXEMPT
    assert lived_through(bench) == ["get", "claim", "conclude"]


@pytest.mark.parametrize("kind", ChangeKind)
def test_no_effect_is_left_out_below(bench: Bench, kind: ChangeKind) -> None:
    bench.kind = kind
    assert len(lived_through(bench)) <= EFFECTS[kind]


@pytest.mark.parametrize(
    ("kind", "strikes_at"), [(kind, point) for kind, effects in EFFECTS.items() for point in range(2 * effects)]
)
def test_death_at_any_point_repeats_nothing_and_loses_nothing(bench: Bench, kind: ChangeKind, strikes_at: int) -> None:
    bench.kind = kind
    change = bench.approved()
    fate = Fate(strikes_at)
    try:
        bench.remediation(fate).carry_out(change)
    except DiedError:
        bench.start_again()
    else:
        assert strikes_at >= 2 * len(fate.effects), "the bot should have died"
    outcome = bench.ended()
    assert bench.successful_calls <= 1
    assert bench.rotations <= 1
    assert (outcome.state is ChangeState.SUCCEEDED) == bench.is_done
    assert outcome.state in {ChangeState.SUCCEEDED, ChangeState.FAILED}
    assert Trail(bench.database).verify().fault is None
    if outcome.state is ChangeState.FAILED:
        assert bench.successful_calls == 0
        assert outcome.result == f"The bot was interrupted while it changed this key. {UNDONE[kind]}"


@pytest.mark.parametrize(
    ("kind", "call"),
    [(ChangeKind.ENABLE_ROTATION, "enable_rotation"), (ChangeKind.ROTATE_ON_DEMAND, "rotate_on_demand")],
)
def test_dying_again_and_again_still_ends_in_the_truth(
    bench: Bench, make_url: MakeUrl, kind: ChangeKind, call: str
) -> None:
    bench.kind = kind
    change = bench.approved()
    with pytest.raises(DiedError):
        bench.remediation(Fate(2 * lived(bench, make_url, call) + 1)).carry_out(change)
    for strikes_at in range(2 * 9):
        for left in bench.store.executing():
            with pytest.raises(DiedError):
                bench.remediation(Fate(strikes_at)).recover(replace(left))
            break
        else:
            break
    bench.start_again()
    assert bench.ended().state is ChangeState.SUCCEEDED
    assert bench.is_done
    assert bench.rotations <= 1
    assert bench.successful_calls == 1


def lived(bench: Bench, make_url: MakeUrl, effect: str) -> int:
    """The number of an effect in an undisturbed life, of another key with a database of its own."""
    other = Database(make_url("migrated"))
    server = bench.aws_server
    twin = Bench(server, bench.aws, other, server.world.key(account=MEMBER, tags={"team": "payments"}), bench.kind)
    effects = lived_through(twin)
    other.close()
    server.calls.clear()
    return effects.index(effect)
