"""Databases in memory, whose schema is made once and then copied: to migrate takes many times as long."""

import sqlite3
from functools import cache

from bot.store.engine import Database
from bot.store.schema import upgrade


def memory() -> Database:
    """Make a database that one thread uses alone."""
    database = Database("sqlite://")
    _driver(database).deserialize(_migrated())
    return database


@cache
def _migrated() -> bytes:
    database = Database("sqlite://")
    upgrade(database)
    return _driver(database).serialize()


def _driver(database: Database) -> sqlite3.Connection:
    connection = database.engine.raw_connection().driver_connection
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError(connection)
    return connection
