"""Which errors mean that the database itself cannot be used just now, and what a person can do about each.

https://www.sqlite.org/rescode.html, https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

CHECK_URL = "Check DATABASE_URL, and that the server runs or the folder exists."
NOT_LET_GO = (
    "Another session of it holds what is needed here and does not let go: pg_stat_activity shows its oldest "
    "transactions; end that one."
)
ALL_BUSY = "See whether the server runs and can be reached, and in pg_stat_activity what its sessions wait for."
_RESTORE = "Stop the bot and restore a backup: docs/operations.md says how."
_SQLITE = {
    sqlite3.SQLITE_BUSY: "Another program holds it and does not let go: find and end that one.",
    sqlite3.SQLITE_LOCKED: "Another program holds it and does not let go: find and end that one.",
    sqlite3.SQLITE_FULL: "The disk is full: make room on it.",
    sqlite3.SQLITE_READONLY: "Let the bot's user write the file and its folder, and mount the disk for writing.",
    sqlite3.SQLITE_IOERR: "The disk does not do what it is asked: see whether it is full, failing or gone.",
    sqlite3.SQLITE_CANTOPEN: CHECK_URL,
    sqlite3.SQLITE_CORRUPT: _RESTORE,
    sqlite3.SQLITE_NOTADB: _RESTORE,
}
_PRIMARY = 0xFF
"""SQLite's extended codes hold the primary one in their last byte."""

_CHECK = "See whether the server runs and can be reached; the bot goes on by itself once it can."
_POSTGRESQL = {
    "08": _CHECK,
    "57P": _CHECK,
    "55P03": NOT_LET_GO,
    "53100": "The server's disk is full: make room on it.",
    "53": "The server has no room for more work: see how many connections it allows, and its memory.",
}
_ONE_WAY = {"25006": "The server only lets itself be read: point DATABASE_URL at the one that may be written."}
"""Of a transaction that may write. In one that only reads, this is an error of the bot's."""


def remedy_for(error: DBAPIError, *, writing: bool) -> str | None:
    """Say what to do where the database cannot be used; None where something else is wrong."""
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return _SQLITE.get(getattr(original, "sqlite_errorcode", 0) & _PRIMARY)
    state = getattr(original, "sqlstate", None) or ""
    codes = _POSTGRESQL | _ONE_WAY if writing else _POSTGRESQL
    found = next((remedy for code, remedy in codes.items() if state.startswith(code)), None)
    is_cut = isinstance(error, OperationalError | InterfaceError) and (error.connection_invalidated or not state)
    return _CHECK if found is None and is_cut else found
