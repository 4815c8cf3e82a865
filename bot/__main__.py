"""`python -m bot`."""

import os
import sys

if (
    __name__ == "__main__"
):  # the processes of a scan import this module, and must neither begin another bot nor load one
    from bot.terminal import main

    sys.exit(main(sys.argv[1:], os.environ))
