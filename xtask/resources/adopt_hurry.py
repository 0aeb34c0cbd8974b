"""What makes a look at a project quicker. Nothing here changes what is seen.

A look lasts for seconds and most of them are migrations: Django renders the models anew for each step that changes one.
"""

import functools
import gc


def hurry():
    """For this process, once the apps are loaded."""
    from django.apps import apps
    from django.db.backends.signals import connection_created
    from django.db.models import Field

    # Nothing of a look is kept, and to look through all those models is a quarter of the time.
    gc.disable()
    connection_created.connect(_unsynchronised, weak=False)
    # Django forgets it with each model that it renders, whatever registry that is in.
    apps.get_swappable_settings_name = functools.cache(apps.get_swappable_settings_name)
    Field.clone = _clone


def _unsynchronised(connection, **_signal):
    """The throw-away database need not survive a loss of power."""
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous = OFF")


# The arguments that make a field again, with the attributes that the field had then. The field keeps its `id` taken.
_made_of = {}


def _clone(field):
    """`Field.clone()`, which takes a field apart once and not a hundred times."""
    # Some migrations change a field in place.
    now = [field.__dict__, getattr(field.remote_field, "__dict__", {})]
    _, then, args, named = _made_of.get(id(field), (field, None, (), {}))
    if then != now:
        _, _, args, named = field.deconstruct()
        if not _have_fields([*args, *named.values()]):
            _made_of[id(field)] = (field, [dict(attributes) for attributes in now], args, named)
    return type(field)(*args, **named)


def _have_fields(values):
    """A field in a field belongs to one model, so each clone needs its own."""
    from django.db.models import Field

    return any(isinstance(value, Field) for value in values)
