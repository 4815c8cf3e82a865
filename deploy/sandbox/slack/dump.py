"""The state in words, for a test that waited in vain."""

from deploy.sandbox.slack.sockets import Sockets
from deploy.sandbox.slack.state import State

LAST = 8


def dump(state: State, sockets: Sockets) -> str:
    lines = [f"connections: {len(sockets.connections)}"]
    for channel, messages in state.messages.items():
        for message in sorted(messages.values(), key=lambda m: m.ts)[-LAST:]:
            audience = f" (only {message.ephemeral_for})" if message.ephemeral_for else ""
            lines.append(f"message in {channel} {message.ts}{audience}: {message.text!r}")
    for user in state.modals:
        lines += [f"modal of {user}: {view.id} {view.title!r} {dict(view.errors)}" for view in state.stack(user)]
    lines += [f"notice to {notice.user}: {notice.text}" for notice in state.notices[-LAST:]]
    lines += [f"call {call.method} {call.status}: {_told(call.answer)}" for call in state.calls[-LAST:]]
    for delivery in sockets.deliveries[-LAST:]:
        kind = delivery.payload.get("type", delivery.payload.get("command"))
        lines.append(f"sent {delivery.kind} {kind} by {delivery.user}: {delivery.outcome}")
    return "\n".join(lines)


def _told(answer: dict[str, object]) -> str:
    if answer.get("ok"):
        return "ok"
    return f"{answer.get('error')} {answer.get('response_metadata', '')}"
