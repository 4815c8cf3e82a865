"""`python -m bot`."""

import os
import sys

if __name__ == "__main__":
    # Imported here, because the processes of a scan import this module, and are neither to begin a bot nor to load one.
    from bot.terminal import main

    sys.exit(main(sys.argv[1:], os.environ))
