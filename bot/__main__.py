"""`python -m bot`."""

import os
import sys

from bot.terminal import main

sys.exit(main(sys.argv[1:], os.environ))
