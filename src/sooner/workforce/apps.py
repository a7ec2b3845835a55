"""Tells the access room which staff a reader sees."""

from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    name = "sooner.workforce"

    def ready(self) -> None:
        from sooner.access.decide import register_scope
        from sooner.workforce import scopes
        from sooner.workforce.models import Staff

        register_scope(Staff, scopes.staff)
