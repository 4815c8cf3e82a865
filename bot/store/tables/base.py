"""What all tables share."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

IN_ORDER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that both databases sort as Python does, by code point, whatever language the server speaks."""
