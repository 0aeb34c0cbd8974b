"""The WSGI entry point. Without DJANGO_SETTINGS_MODULE it takes the settings of the shipped app."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desktop_django_starter.settings.packaged")

application = get_wsgi_application()
