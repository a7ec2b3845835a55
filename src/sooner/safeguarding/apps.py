from django.apps import AppConfig


class SafeguardingConfig(AppConfig):
    name = "sooner.safeguarding"

    def ready(self) -> None:
        from sooner.access.decide import register_scope
        from sooner.access.panels import register_panel
        from sooner.duties.links import register_label
        from sooner.people.followers import register_follower
        from sooner.people.marks import register_marks
        from sooner.people.scopes import register_reach
        from sooner.people.subject_access import register_holds
        from sooner.safeguarding import panels, scopes, subject_access
        from sooner.safeguarding.commands.follow import follow
        from sooner.safeguarding.models import (
            Child,
            OvertAction,
            PoliceProtection,
            SafeguardingReferral,
            StrategyDiscussion,
        )

        register_scope(Child, scopes.children)
        register_scope(SafeguardingReferral, scopes.safeguarding_referrals)
        register_scope(StrategyDiscussion, scopes.discussions)
        register_scope(OvertAction, scopes.overt_actions)
        register_scope(PoliceProtection, scopes.protections)
        register_label("child", scopes.child_labels)
        register_label("safeguarding-referral", scopes.referral_labels)
        register_label("strategy-discussion", scopes.discussion_labels)
        register_label("overt-action", scopes.plan_labels)
        register_reach(scopes.persons)
        register_marks(scopes.at_risk)
        register_follower(follow)
        register_panel(
            "referral", place=10, template="safeguarding/panel_children.html", context=panels.of_referral
        )
        register_panel(
            "person", place=10, template="safeguarding/panel_person.html", context=panels.of_person
        )
        register_holds(subject_access.holds)
