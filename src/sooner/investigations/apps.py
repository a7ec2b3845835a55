"""Tells the access room which investigations a reader sees, and the duties room what they are called."""

from django.apps import AppConfig


class InvestigationsConfig(AppConfig):
    name = "sooner.investigations"

    def ready(self) -> None:
        from sooner.access.decide import register_belonging, register_scope
        from sooner.access.panels import register_panel
        from sooner.duties.links import register_label
        from sooner.investigations import panels, scopes, subject_access
        from sooner.investigations.models import Action, Investigation
        from sooner.people.subject_access import register_holds

        register_panel("referral", place=40, template="investigations/panel.html", context=panels.of_referral)
        register_belonging(scopes.referrals_of)
        register_scope(Investigation, scopes.investigations)
        register_scope(Action, scopes.actions)
        register_label("investigation", scopes.investigation_labels)
        register_label("action", scopes.action_labels)
        register_holds(subject_access.holds)
