"""What the page shows beside Slack: the emulated AWS, and the levers that break it and Slack on purpose."""

from deploy.sandbox.panel.panel import SandboxPanel

__all__ = ["SandboxPanel"]
