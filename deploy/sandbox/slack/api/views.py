"""views.*: modals and Home tabs."""

from deploy.sandbox.slack import modals
from deploy.sandbox.slack.api.arguments import required
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.pictures import require_pictures
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json
from deploy.sandbox.slack.validation import view as checked


def open_(state: State, args: Json) -> Json:
    """Errors: `expired_trigger_id` after 3 s, `exchanged_trigger_id` on the second use, `invalid_arguments`."""
    body = _checked(state, args, "modal")
    trigger = state.use_trigger(required(args, "trigger_id"))
    return {"view": modals.as_slack(state, modals.open_root(state, trigger.user, body))}


def push(state: State, args: Json) -> Json:
    """Errors: those of `views.open`, and `push_limit_reached` on the fourth view of a stack."""
    body = _checked(state, args, "modal")
    trigger = state.use_trigger(required(args, "trigger_id"))
    return {"view": modals.as_slack(state, modals.push(state, trigger.user, body))}


def update(state: State, args: Json) -> Json:
    """Errors: `not_found`, `hash_conflict` where the view has changed since, `invalid_arguments`."""
    view = modals.find(state, args.get("view_id"), args.get("external_id"))
    body = _checked(state, args, view.type)
    _same_hash(args, view.hash)
    return {"view": modals.as_slack(state, modals.replace_body(state, view, body))}


def publish(state: State, args: Json) -> Json:
    """Errors: `invalid_arguments`, `user_not_found`, `hash_conflict`."""
    user = state.person(required(args, "user_id")).id
    body = _checked(state, args, "home")
    home = state.home(user)
    _same_hash(args, home.hash if home else "")
    return {"view": modals.as_slack(state, modals.publish(state, user, body))}


def _checked(state: State, args: Json, kind: str) -> Json:
    body = checked(args.get("view"), kind)
    require_pictures(state, body["blocks"], "/view/blocks", "invalid_arguments")
    return body


def _same_hash(args: Json, current: str) -> None:
    if args.get("hash") and args["hash"] != current:
        raise SlackError("hash_conflict")
