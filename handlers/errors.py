"""What no listener expected."""

import logging
from typing import Any

log = logging.getLogger(__name__)


def register(app: Any) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.error  # type: ignore[untyped-decorator]
    def unexpected(error: Exception, body: dict[str, Any]) -> None:
        """Log it; a payload holds tokens and addresses, so only its kind is told."""
        log.error("A listener failed for a %s payload", body.get("type", "command"), exc_info=error)
