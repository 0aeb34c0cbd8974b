"""The queue's own `db_worker` command, with its arguments, for routines that take no time. Each second one fails."""

import itertools
import random
import sys

from django.core.management import execute_from_command_line

luck = itertools.cycle([0.9, 0.1])
random.uniform = lambda _low, _high: 0.05
random.random = lambda: next(luck)

execute_from_command_line(["manage.py", "db_worker", *sys.argv[1:]])
