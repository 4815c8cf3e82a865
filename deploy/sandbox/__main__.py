"""`python -m deploy.sandbox`."""

import sys

from deploy.sandbox.terminal import main

sys.exit(main(sys.argv[1:]))
