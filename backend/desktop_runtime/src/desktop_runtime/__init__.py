"""Turns a Django project into a desktop program: one process that a window can start, watch and stop.

A project gets it by one app and, if the defaults do not fit, one setting:

    INSTALLED_APPS = [..., "desktop_runtime"]
    DESKTOP_RUNTIME = {"FIRST_RUN_COMMANDS": [["loaddata", "welcome"]]}

and is then started as

    python -m desktop_runtime          (or `manage.py desktop`)

with `DESKTOP_DJANGO_APP_DATA_DIR` naming a folder that belongs to the person, `DJANGO_SETTINGS_MODULE` the settings,
and stdin held open. It binds a port of its own, makes a secret key, copies and migrates the database when there is
something to migrate, plants the first content, serves with waitress, keeps a task worker alive, and says all that in
one JSON object a line on stdout. It ends within five seconds when stdin closes. Settings may read, from the
environment, `DESKTOP_DJANGO_HOST`, `DESKTOP_DJANGO_PORT`, `DESKTOP_DJANGO_BUNDLE_DIR` and `DJANGO_SECRET_KEY`.

`conf` lists the keys of the setting; `middleware` keeps other programs out; `signals.runtime_starting` is sent once a
launch. Static files are the project's own matter: WhiteNoise in `MIDDLEWARE` is enough.

How it is made, from the outside in; each module uses only those further down:

    launcher, embedded             the order of things; signals and exit codes, or threads of another program
    server, worker, logs           what runs afterwards: web server, task worker (inside: worker_process), log
    worker_thread, static_files    for `embedded` alone: the worker on a thread, collected static files in a cache
    prepare, migrate, conf         the Django project up to the point where it can be served
    database, secret, lock, files  the files in the app-data folder; plain Python
    protocol, interrupt            the lines to and from the shell; the main thread
    paths, faults                  names of things; what is told when something fails

A program that runs Django in its own process leaves the launcher out. It has `embedded` on a thread of its own,

    app = embedded.Embedded()
    url = app.start()
    ...
    app.stop()

or, for other needs, the parts that this is made of.
"""
