"""What a person can press, choose or fill in. The page's script sends what they do; nothing acts by itself."""

import json
from dataclasses import dataclass
from typing import Any

from deploy.sandbox.slack.form import KEYS
from deploy.sandbox.slack.page.emoji import plain
from deploy.sandbox.slack.page.reader import Origin, Reader
from deploy.sandbox.slack.things import Json


@dataclass(frozen=True)
class Control:
    """One element, where it stands, and what has been entered so far."""

    item: Json
    block: Json
    reader: Reader
    origin: Origin
    value: Json | None
    field: str | None
    invalid: str | None
    error_id: str | None

    @property
    def sends_at_once(self) -> bool:
        return self.block["type"] != "input" or bool(self.block.get("dispatch_action"))

    @property
    def current(self) -> Any:  # noqa: ANN401 - an option, a list of them, a string
        key, initial = KEYS[self.item["type"]]
        return self.value.get(key) if self.value else self.item.get(str(initial))

    @property
    def label(self) -> str | None:
        if self.block["type"] == "input":
            return None
        return self.placeholder or str(self.item["action_id"])

    @property
    def placeholder(self) -> str | None:
        return plain(self.item["placeholder"]) if self.item.get("placeholder") else None

    def address(self) -> dict[str, object]:
        """What the script needs to name this element."""
        confirm = self.item.get("confirm")
        return {
            "data_where": self.origin.id,
            "data_channel": self.origin.channel or None,
            "data_block": self.block["block_id"],
            "data_action": self.item["action_id"],
            "data_key": f"{self.origin.id}|{self.block['block_id']}|{self.item['action_id']}",
            "data_confirm": json.dumps(confirm) if confirm else None,
        }

    def entry(self) -> dict[str, object]:
        """The same, of an element that holds a value."""
        return {
            **self.address(),
            "data_field": self.item["type"],
            "data_sends": self.sends_at_once,
            "id": self.field,
            "aria_label": self.label,
            "aria_invalid": "true" if self.invalid else None,
            "aria_describedby": self.error_id if self.invalid else None,
            "autofocus": bool(self.item.get("focus_on_load")),
        }
