"""`python -m desktop_runtime`: the launcher, for a project without a usable manage.py. With words: `commands`."""

import sys

if len(sys.argv) > 1:
    from .commands import main
else:
    from .launcher import main

sys.exit(main())
