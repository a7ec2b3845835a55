from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "sooner.intake"

    def ready(self) -> None:
        from sooner.access.decide import register_scope
        from sooner.duties.links import register_label
        from sooner.intake import scopes, subject_access
        from sooner.intake.commands.follow import follow
        from sooner.intake.models import Document, Referral
        from sooner.people.followers import register_follower
        from sooner.people.marks import register_marks
        from sooner.people.scopes import register_reach
        from sooner.people.subject_access import register_holds

        register_scope(Referral, scopes.referrals)
        register_scope(Document, scopes.documents)
        register_label("referral", scopes.referral_labels)
        register_label("document", scopes.document_labels)
        register_reach(scopes.persons)
        register_marks(scopes.suspects)
        register_follower(follow)
        register_holds(subject_access.holds)
