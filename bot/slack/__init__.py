"""The gateway to Slack. Calls answer with a value or with a failure that says of what kind it is."""
