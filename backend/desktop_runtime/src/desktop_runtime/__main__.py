"""`python -m desktop_runtime`: the launcher, for a project without a usable manage.py."""

import sys

from .launcher import main

sys.exit(main())
