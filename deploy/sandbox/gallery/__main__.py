"""`python -m deploy.sandbox.gallery`."""

import sys

from deploy.sandbox.gallery.terminal import main

sys.exit(main(sys.argv[1:]))
