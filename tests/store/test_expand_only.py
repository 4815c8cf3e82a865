"""Migrations that processes of the version before survive: they only add, and what they add does without a word."""

from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import migrations

RELEASED = "0004"
"""Up to here migrations were made before processes could be replaced one by one."""

FOLDER = Path(next(iter(migrations.__path__))) / "versions"
FILES = sorted(path for path in FOLDER.glob("*.py") if path.stem.partition("_")[0] > RELEASED)


class Recorder:
    """Takes the place of alembic's `op`, and says of each step what an older process would not survive."""

    def __init__(self) -> None:
        self.made: set[str] = set()
        self.faults: list[str] = []

    def f(self, name: str) -> str:
        return name

    def create_table(self, name: str, *_parts: object, **_more: object) -> None:
        self.made.add(name)

    def add_column(self, table: str, column: sa.Column[Any]) -> None:
        if not column.nullable and column.server_default is None:
            self.faults.append(f"{table}.{column.name} must have a default or take NULL")

    def create_index(self, name: str, table: str, *_columns: object, unique: bool = False, **_more: object) -> None:
        if unique and table not in self.made:
            self.faults.append(f"{name} forbids rows that an older process writes")

    def __getattr__(self, step: str) -> Callable[..., None]:
        def told(*arguments: object, **_more: object) -> None:
            self.faults.append(f"{step}{arguments[:2]} takes away or changes what an older process uses")

        return told


def module_of(path: Path) -> ModuleType:
    spec = util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def faults_of(module: ModuleType) -> list[str]:
    recorder = Recorder()
    vars(module)["op"] = recorder
    module.upgrade()
    return recorder.faults


def test_there_are_migrations_to_look_at() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_only_adds_what_older_processes_need_not_know(path: Path) -> None:
    assert faults_of(module_of(path)) == []


def breaking() -> Iterator[tuple[str, Callable[[Any], None]]]:
    yield "a column without a default", lambda op: op.add_column("scans", sa.Column("new", sa.Text, nullable=False))
    yield "a unique index", lambda op: op.create_index("uq", "scans", ["scope"], unique=True)
    yield "a column that goes", lambda op: op.drop_column("scans", "scope")
    yield "a column that is called otherwise", lambda op: op.alter_column("scans", "scope", new_column_name="within")
    yield "a table that goes", lambda op: op.drop_table("scans")
    yield "rows that are changed", lambda op: op.execute("UPDATE scans SET scope = 'everything'")
    yield "a table that is written anew", lambda op: op.batch_alter_table("scans")


@pytest.mark.parametrize(("what", "step"), [*breaking()])
def test_what_an_older_process_would_not_survive_is_found(what: str, step: Callable[[Any], None]) -> None:
    module = ModuleType("migration")
    vars(module)["upgrade"] = lambda: step(module.op)
    assert len(faults_of(module)) == 1, what
