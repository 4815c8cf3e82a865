"""What no listener expected."""

import logging
import secrets
from typing import Any

from bot.errors import DatabaseAwayError
from bot.work import AWAY, went_wrong
from handlers.desk import Desk, reply_to

log = logging.getLogger(__name__)


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.error  # type: ignore[untyped-decorator]
    def unexpected(error: Exception, body: dict[str, Any], respond: Any) -> None:  # noqa: ANN401 - Bolt's
        """Log it and tell whoever acted; a payload holds tokens and addresses, so only its kind is logged."""
        kind = body.get("type", "command")
        if isinstance(error, DatabaseAwayError):
            log.error("A listener failed for a %s payload: %s", kind, error)
            sentence = AWAY
        else:
            reference = secrets.token_hex(4)
            log.error("A listener failed for a %s payload (reference %s)", kind, reference, exc_info=error)
            sentence = went_wrong(reference)
        if "user" in body or "user_id" in body:
            reply_to(desk, body, respond).say(sentence)
