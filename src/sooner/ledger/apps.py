from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "sooner.ledger"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from sooner.ledger.triggers import install

        post_migrate.connect(install, sender=self, dispatch_uid="ledger-triggers")
