"""The WSGI application that the server runs. A web process whose server was killed ends too, and frees the port."""

import os
import signal
import threading
import time

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sooner.settings")
application = get_wsgi_application()


def _end_with(server: int) -> None:
    """Politely first; what a web process was doing is undone by its transaction when it must be harder."""
    while os.getppid() == server:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(1)


if (server := int(os.environ.get("SOONER_SERVED_BY", "0"))) == os.getppid():
    threading.Thread(target=_end_with, args=[server], daemon=True).start()
