"""A preview says what the digest would say, and leaves everything as it was."""

import sqlalchemy as sa

from bot.models.digests import Comparison, Digest
from bot.rules.filters import Filter
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.tables import metadata
from tests.store.digest_stage import Stage
from tests.store.samples import ALPHA, BETA, at, covered, digest_of, failed, finding, rotating

SCOPES = (Filter(), Filter(account=ALPHA), Filter(team="payments"), Filter(alias="a*"))


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))] for table in metadata.sorted_tables
        }


def previewed(database: Database, stage: Stage, minutes: float) -> Comparison:
    compared: list[Comparison] = []

    def compose(comparison: Comparison) -> Digest:
        compared.append(comparison)
        return digest_of(name=stage.name)

    DigestStore(database).preview(stage.name, stage.scope, stage.top, at(minutes), compose)
    [comparison] = compared
    return comparison


def test_a_preview_compares_as_the_digest_does_and_writes_nothing(database: Database) -> None:
    for number, scope in enumerate(SCOPES):
        stage = Stage(database, f"digest {number}", scope)
        day = number * 100
        stage.scan([finding("a", owner="jane"), finding("b", BETA), rotating("c")], [covered(), covered(BETA)], day)
        stage.publish(day + 5)
        stage.scan([rotating("a"), finding("new", team="payments"), finding("c")], [covered(), failed(BETA)], day + 10)
        before = everything(database)
        told = previewed(database, stage, day + 15)
        assert everything(database) == before
        posted = stage.publish(day + 15)
        assert (told.delta, told.summary, told.gaps, told.ownership) == (
            posted.delta,
            posted.summary,
            posted.gaps,
            posted.ownership,
        )
        assert [each.arn for each in told.first] == [each.arn for each in posted.first]


def test_a_first_preview_needs_no_digest_before(database: Database) -> None:
    stage = Stage(database)
    stage.scan([finding("a")], [covered()], 0)
    told = previewed(database, stage, 5)
    assert (told.before, told.delta) == (None, None)
    assert [each.handle for each in told.first] == [""]
