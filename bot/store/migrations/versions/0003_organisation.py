"""Accounts that a scan leaves out, what never changes in a key, and what answers without reading all keys."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_OPEN = "verdict = 'NON_COMPLIANT' AND exempt_until IS NULL"
_IN_ORDER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("scans", sa.Column("stopped_by", sa.String(length=64), nullable=False, server_default=""))
    op.create_table(
        "left_out",
        sa.Column("scan_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name=op.f("fk_left_out_scan_id_scans"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scan_id", "account", name=op.f("pk_left_out")),
    )
    op.create_table(
        "key_facts",
        sa.Column("arn", sa.String(length=256), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("region", sa.String(length=32), nullable=False),
        sa.Column("manager", sa.String(length=32), nullable=False),
        sa.Column("spec", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_key_facts")),
    )
    op.create_index("ix_key_facts_account", "key_facts", ["account", "region"])
    _forget_interrupted()
    _name_keys()
    _count_findings()
    op.create_index("ix_coverage_scan_id_status", "coverage", ["scan_id", "status", "account", "region"])
    _place_baselines()


def _forget_interrupted() -> None:
    """Drop what interrupted scans had read: it was not to be shown, and nothing says what they had not read."""
    scans = sa.table("scans", sa.column("id"), sa.column("state"))
    interrupted = sa.select(scans.c.id).where(scans.c.state == sa.literal("INTERRUPTED"))
    for name in ("findings", "coverage"):
        table = sa.table(name, sa.column("scan_id"))
        op.execute(sa.delete(table).where(table.c.scan_id.in_(interrupted)))


def _name_keys() -> None:
    """Store what people call a key, in the order that Python sorts it, and index the open keys by it."""
    op.add_column("findings", sa.Column("name", _IN_ORDER, nullable=False, server_default=""))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        for table in ("findings", "coverage"):
            op.alter_column(table, "account_name", type_=sa.Text(collation="C"))
    arn, aliases, name = sa.column("arn", sa.Text), sa.column("aliases", sa.JSON), sa.column("name", sa.Text)
    first = aliases[0].as_string()
    key_id = sa.func.substr(arn, (sa.func.instr if is_sqlite else sa.func.strpos)(arn, "/") + 1)
    called = sa.case((first.is_(None), key_id), (first.like("alias/%"), sa.func.substr(first, 7)), else_=first)
    op.execute(sa.update(sa.table("findings", arn, aliases, name)).values(name=called))
    op.create_index(
        "ix_findings_open",
        "findings",
        ["scan_id", "account_name", "name", "arn"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )


def _count_findings() -> None:
    op.create_table(
        "finding_counts",
        sa.Column("scan_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("account_name", _IN_ORDER, nullable=False),
        sa.Column("region", sa.String(length=32), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("exempt", sa.Boolean(), nullable=False),
        sa.Column("keys", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_finding_counts_scan_id_scans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "scan_id", "account", "account_name", "region", "team", "verdict", "exempt", name=op.f("pk_finding_counts")
        ),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO finding_counts (scan_id, account, account_name, region, team, verdict, exempt, keys) "
        "SELECT f.scan_id, account, account_name, region, coalesce(team, ''), verdict, exempt_until IS NOT NULL, "
        "count(*) FROM findings f JOIN scans ON scans.id = f.scan_id WHERE scans.state <> 'RUNNING' "
        "GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )


def _place_baselines() -> None:
    """Say where each key of a digest's baseline is: `arn:<partition>:kms:<region>:<account>:key/<id>`."""
    for name in ("account", "region"):
        op.add_column("digest_baselines", sa.Column(name, sa.String(length=32), nullable=False, server_default=""))
    names = ("name", "arn", "account", "region")
    baselines = sa.table("digest_baselines", *(sa.column(name, sa.Text) for name in names))
    connection = op.get_bind()
    keys = connection.execute(sa.select(baselines.c.name, baselines.c.arn)).all()
    placing = (
        baselines.update()
        .where(baselines.c.name == sa.bindparam("of_name"), baselines.c.arn == sa.bindparam("of_arn"))
        .values(account=sa.bindparam("in_account"), region=sa.bindparam("in_region"))
    )
    for start in range(0, len(keys), 1000):
        places = [(key.name, key.arn, *key.arn.split(":")[3:5]) for key in keys[start : start + 1000]]
        bound = ("of_name", "of_arn", "in_region", "in_account")
        connection.execute(placing, [dict(zip(bound, place, strict=True)) for place in places])
    op.create_index(
        "ix_digest_baselines_open",
        "digest_baselines",
        ["name", "arn"],
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )
