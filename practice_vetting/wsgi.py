"""What the web server calls."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from practice_vetting.core.production import refuse_to_start
from practice_vetting.core.unprepared import refuse_unprepared

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice_vetting.settings")
os.environ.setdefault("SERVES_PAGES", "1")  # a person waits: see practice_vetting.stores

application = get_wsgi_application()
refuse_to_start(settings)
refuse_unprepared()
