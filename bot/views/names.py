"""The names that buttons, modals and commands go by: views write them, handlers listen for them."""

COMMAND = "/kms-rotation"

ENABLE = "enable_rotation"
ENABLE_SEVERAL = "enable_several"
ROTATE = "rotate_now"
APPROVE = "approve_request"
DENY = "deny_request"
WITHDRAW = "withdraw_request"
RETRY = "retry_request"
BREAK_GLASS = "break_glass"
SHOW_KEYS = "show_keys"
LIST_PAGE = "list_page"
STOP_SCAN = "stop_scan"

ASK_MODAL = "ask_for_rotation"
SEVERAL_MODAL = "ask_for_several"
ROTATE_MODAL = "ask_to_rotate_now"
GLASS_MODAL = "break_the_glass"
KEYS_BLOCK, KEYS_INPUT = "keys", "chosen"
ALL_BLOCK, ALL_INPUT, ALL = "all", "ticked", "all"
PERIOD_BLOCK, PERIOD_INPUT = "period", "days"
REASON_BLOCK, REASON_INPUT = "reason", "text"


def action_id(name: str, subject: str) -> str:
    """Two elements of one message may not share an action_id, so each carries its subject."""
    return f"{name}:{subject}"
