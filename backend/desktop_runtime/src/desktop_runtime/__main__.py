"""`python -m desktop_runtime`: the launcher, for a project without a usable manage.py. With words: `commands`."""

import sys
from pathlib import Path

if len(sys.argv) > 1:
    from .commands import main
else:
    from .launcher import main

# The project is here, also for an interpreter that does not look in its working folder.
if (here := str(Path.cwd())) not in sys.path:
    sys.path.insert(0, here)
sys.exit(main())
