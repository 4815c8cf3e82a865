"""users.* and usergroups.*."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from deploy.sandbox.slack.api.arguments import flag, page, required
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.people import Group, Person
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json


def users_info(state: State, args: Json) -> Json:
    return {"user": user(state, state.person(required(args, "user")))}


def users_list(state: State, args: Json) -> Json:
    everybody = [user(state, person) for person in state.people.values()]
    members, cursor = page(everybody, args, default=100, most=1000)
    return {"members": members, "cache_ts": int(state.clock.now()), "response_metadata": {"next_cursor": cursor}}


def lookup_by_email(state: State, args: Json) -> Json:
    """Whoever has left, is of another workspace or is an app has no address to be found by.

    Errors: `users_not_found`.
    """
    email = required(args, "email").lower()
    ours = state.workspace.team_id
    for person in state.people.values():
        is_found_by_it = not (person.deleted or person.is_bot) and person.team_id == ours
        if is_found_by_it and person.email.lower() == email:
            return {"user": user(state, person)}
    raise SlackError("users_not_found")


def usergroups_list(state: State, args: Json) -> Json:
    _require_paid_plan(state)
    with_users = flag(args, "include_users", default=False)
    with_disabled = flag(args, "include_disabled", default=False)
    shown = [group for group in state.groups.values() if with_disabled or not group.is_disabled]
    return {"usergroups": [_group(state, group, with_users=with_users) for group in shown]}


def usergroups_users_list(state: State, args: Json) -> Json:
    """Errors: `no_such_subteam`, and `plan_upgrade_required` where the workspace has no user groups."""
    _require_paid_plan(state)
    group = state.groups.get(required(args, "usergroup"))
    if group is None or (group.is_disabled and not flag(args, "include_disabled", default=False)):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def user(state: State, person: Person) -> Json:
    """A user object as `users.info` tells it. Guests, strangers and those who left are marked as Slack marks them."""
    profile: Json = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "title": person.title,
        "team": person.team_id,
    }
    if "users:read.email" in state.workspace.app.scopes:
        profile["email"] = person.email
    if person.is_bot:
        profile |= {"api_app_id": state.workspace.app.id, "bot_id": state.workspace.app.bot_id}
    body: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if person.team_id != state.workspace.team_id:
        body["is_stranger"] = True
    if person.deleted:
        return body
    now = datetime.fromtimestamp(state.clock.now(), UTC).astimezone(ZoneInfo(person.tz))
    offset = now.utcoffset()
    return body | {
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": now.tzname(),
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": True,
    }


def _group(state: State, group: Group, *, with_users: bool) -> Json:
    body: Json = {
        "id": group.id,
        "team_id": state.workspace.team_id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_create": 1_700_000_000,
        "date_update": 1_700_000_000,
        "date_delete": 1_700_000_100 if group.is_disabled else 0,
        "user_count": len(group.users),
    }
    return body | {"users": list(group.users)} if with_users else body


def _require_paid_plan(state: State) -> None:
    if state.free_plan:
        raise SlackError("plan_upgrade_required")
