from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "sooner.duties"

    def ready(self) -> None:
        from sooner.access.decide import register_scope
        from sooner.duties.models import Duty
        from sooner.duties.rules import apply_rules
        from sooner.duties.scopes import duties
        from sooner.ledger.work import subscribe

        subscribe(apply_rules)
        register_scope(Duty, duties)
