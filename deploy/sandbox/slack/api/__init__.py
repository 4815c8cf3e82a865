"""The Web API: `METHODS` names every method that the server answers."""

from deploy.sandbox.slack.api.table import METHODS, Method

__all__ = ["METHODS", "Method"]
