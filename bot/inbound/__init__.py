"""How Slack reaches the bot: over a socket that the bot opens, or by HTTP requests that Slack sends."""
