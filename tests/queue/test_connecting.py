"""The queue's own connections to the database."""

import asyncio
from typing import Any

from bot.queue.connecting import SCHEMA, make_app
from tests.queue.office import Office

SHOWN = "SELECT current_setting('search_path'), current_setting('lock_timeout'), current_setting('application_name')"


def test_they_notice_within_half_a_minute_that_nobody_is_there_and_wait_for_no_lock_for_ever(office: Office) -> None:
    office.scanner()

    async def ask(url: str) -> tuple[Any, dict[str, str]]:
        async with make_app(url).open_async() as app:
            connector: Any = app.connector  # of its kind alone
            async with connector.pool.connection() as connection:
                shown = await (await connection.execute(SHOWN)).fetchone()
                return shown, connection.info.get_parameters()

    shown, parameters = asyncio.run(ask(office.url))
    assert shown == (SCHEMA, "30s", "kms-rotation-queue")
    assert (parameters["tcp_user_timeout"], parameters["keepalives_idle"]) == ("30000", "15")
    _, parameters = asyncio.run(ask(f"{office.url}{'&' if '?' in office.url else '?'}tcp_user_timeout=5000"))
    assert parameters["tcp_user_timeout"] == "5000"
