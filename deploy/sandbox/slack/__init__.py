"""A Slack that runs on this machine, for the tests and the demo.

It knows Slack, not the bot: Web API, Socket Mode, modals, limits and errors, and people who click.
"""

from deploy.sandbox.slack.errors import CannotDoThatError
from deploy.sandbox.slack.server import SlackServer
from deploy.sandbox.slack.workspace import Workspace, default_workspace

__all__ = ["CannotDoThatError", "SlackServer", "Workspace", "default_workspace"]
