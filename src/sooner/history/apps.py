from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "sooner.history"

    def ready(self) -> None:
        from sooner.access.decide import register_scope
        from sooner.history.scopes import entries
        from sooner.ledger.models import Entry

        register_scope(Entry, entries)
