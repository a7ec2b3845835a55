from django.urls import path

from sooner.safeguarding import pages

urlpatterns = [
    path("children/", pages.children, name="children"),
    path("children/<int:pk>/", pages.child, name="child"),
    path("children/<int:pk>/confirm/", pages.child_confirm, name="child-confirm"),
    path("children/<int:pk>/rule-out/", pages.child_rule_out, name="child-rule-out"),
    path("children/<int:pk>/put-back/", pages.child_reinstate, name="child-reinstate"),
    path("children/<int:pk>/authority/", pages.child_authority, name="child-authority"),
    path("children/<int:pk>/discussion/", pages.discussion_arrange, name="discussion-arrange"),
    path("children/<int:pk>/protection/", pages.protect, name="child-protect"),
    path("referrals/<int:pk>/add-child/", pages.child_add, name="child-add"),
    path("referrals/<int:pk>/checked/", pages.children_checked, name="children-checked"),
    path("referrals/<int:pk>/household/", pages.household_found, name="household-found"),
    path("social-care/<int:pk>/", pages.referral_to_care, name="safeguarding-referral"),
    path("social-care/<int:pk>/told/", pages.referral_by_hand, name="safeguarding-referral-by-hand"),
    path("social-care/<int:pk>/chase/", pages.referral_chase, name="safeguarding-referral-chase"),
    path("inbox/", pages.inbox, name="social-care-inbox"),
    path("inbox/<int:pk>/", pages.inbox_referral, name="inbox-referral"),
    path("inbox/<int:pk>/acknowledge/", pages.inbox_acknowledge, name="inbox-acknowledge"),
    path("inbox/<int:pk>/decide/", pages.inbox_decide, name="inbox-decide"),
    path("inbox/<int:pk>/pass-on/", pages.inbox_pass_on, name="inbox-pass-on"),
    path("inbox/<int:pk>/discussion/", pages.inbox_discussion, name="inbox-discussion"),
    path("inbox/<int:pk>/assessment/", pages.inbox_assessment, name="inbox-assessment"),
    path("inbox/<int:pk>/conference/", pages.inbox_conference, name="inbox-conference"),
    path("discussions/<int:pk>/", pages.discussion, name="strategy-discussion"),
    path("discussions/<int:pk>/record/", pages.discussion_record, name="discussion-record"),
    path("plans/<int:pk>/", pages.plan, name="overt-action"),
    path("plans/<int:pk>/taken/", pages.plan_taken, name="overt-action-taken"),
    path("protections/<int:pk>/told/", pages.protection_told, name="protection-told"),
    path("protections/<int:pk>/end/", pages.protection_end, name="protection-end"),
]
