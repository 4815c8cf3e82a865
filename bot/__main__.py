"""`python -m bot`."""

import os
import sys

from bot.terminal import main

if __name__ == "__main__":  # the processes of a scan import this module, and must not begin another bot
    sys.exit(main(sys.argv[1:], os.environ))
