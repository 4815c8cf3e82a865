"""The manifests from which the Slack app is made, generated from the bot's own commands and scopes."""
