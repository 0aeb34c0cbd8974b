"""Turns a Django project into a desktop program: one process that a window can start, watch and stop.

Any project is started as

    python -m desktop_runtime

in its folder, with `DESKTOP_DJANGO_APP_DATA_DIR` naming a folder that belongs to the person, `DJANGO_SETTINGS_MODULE`
the settings, and stdin held open. Where the defaults do not fit, the project has one setting; as one of its apps, the
runtime is also `manage.py desktop`:

    DESKTOP_RUNTIME = {"FIRST_RUN_COMMANDS": [["loaddata", "welcome"]]}
    INSTALLED_APPS = [..., "desktop_runtime"]

It binds a port of its own, makes a secret key, copies and migrates the databases when there is something to migrate,
plants the first content, serves with waitress, keeps the task workers alive, and says all that in one JSON object a
line on stdout. It ends within five seconds when stdin closes. Settings may read, from the environment,
`DESKTOP_DJANGO_HOST`, `DESKTOP_DJANGO_PORT`, `DESKTOP_DJANGO_BUNDLE_DIR` and `DJANGO_SECRET_KEY`.

`conf` lists the keys of the setting; `gate` keeps other programs out; `signals.runtime_starting` is sent once a launch.

How it is made, from the outside in; each module uses only those further down:

    launcher, embedded             signals, streams and exit codes, or threads of another program
    core                           the order of things from the lock to the end, which both have in common
    server, gate, media            what answers: web server, the token before everything, uploads; `static_files`
    service, commands, verbs       what people want with their data: copies, restore, export, support, archive
    worker, worker_thread          task workers: processes (inside: worker_process), or threads for `embedded`
    prepare, trial, migrate, conf  the Django project up to the point where it can be served; accounts
    database, secret, lock, files  the files in the app-data folder; plain Python
    listener, logs                 the socket; the log
    protocol, interrupt            the lines to and from the shell; the main thread
    words                          what is told when something fails, in the language of the person
    paths, faults, foreign         names of things; what is told when something fails; names that others may move

`overlay` stands apart: the settings module of a project for a server. `redact` is for it and `support`.

A program that runs Django in its own process leaves the launcher out. It has `embedded` on a thread of its own,

    app = embedded.Embedded()
    url = app.start()
    ...
    app.stop()

or, for other needs, the parts that this is made of.
"""
