"""What no listener expected."""

import logging
import secrets
from typing import Any

from bot.work import went_wrong
from handlers.desk import Desk, reply_to

log = logging.getLogger(__name__)


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.error  # type: ignore[untyped-decorator]
    def unexpected(error: Exception, body: dict[str, Any], respond: Any) -> None:  # noqa: ANN401 - Bolt's
        """Log it and tell whoever acted; a payload holds tokens and addresses, so only its kind is logged."""
        reference = secrets.token_hex(4)
        kind = body.get("type", "command")
        log.error("A listener failed for a %s payload (reference %s)", kind, reference, exc_info=error)
        if "user" in body or "user_id" in body:
            reply_to(desk, body, respond).say(went_wrong(reference))
