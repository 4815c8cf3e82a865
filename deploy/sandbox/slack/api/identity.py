"""Who is calling: api.test, auth.test, bots.info, team.info, the app's manifest, and the way into Socket Mode."""

from secrets import token_hex

from deploy.sandbox.slack.api.arguments import required
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json


def api_test(_state: State, args: Json) -> Json:
    if "error" in args:
        raise SlackError(str(args["error"]), args=args)
    return {"args": args}


def auth_test(state: State, _args: Json) -> Json:
    workspace = state.workspace
    app = workspace.app
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": state.people[app.bot_user].name,
        "team_id": workspace.team_id,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(state: State, _args: Json) -> Json:
    ticket = token_hex(16)
    state.tickets.add(ticket)
    return {"url": f"ws://{state.address}/link/?ticket={ticket}&app_id={state.workspace.app.id}"}


def bots_info(state: State, args: Json) -> Json:
    app = state.workspace.app
    if required(args, "bot") != app.bot_id:
        raise SlackError("bot_not_found")
    bot = {"id": app.bot_id, "deleted": False, "name": app.name, "app_id": app.id, "user_id": app.bot_user, "icons": {}}
    return {"bot": bot}


def manifest_export(state: State, args: Json) -> Json:
    """Errors: `app_not_found`."""
    if required(args, "app_id") != state.workspace.app.id:
        raise SlackError("app_not_found")
    return {"manifest": state.manifest}


def team_info(state: State, _args: Json) -> Json:
    workspace = state.workspace
    team = {"id": workspace.team_id, "name": workspace.name, "domain": workspace.domain, "email_domain": "example.com"}
    return {"team": team}
