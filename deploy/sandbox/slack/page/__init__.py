"""The page: Slack in a browser, for whoever tries the bot without a workspace."""
