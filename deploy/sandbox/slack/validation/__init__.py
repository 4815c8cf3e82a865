"""Slack's rules for blocks and views. Source: docs.slack.dev/reference/block-kit, and limits measured by its users."""

from deploy.sandbox.slack.validation.surfaces import blocks_for_message, view

__all__ = ["blocks_for_message", "view"]
