"""From what is known to what people see: pure functions that make Block Kit within Slack's limits."""
