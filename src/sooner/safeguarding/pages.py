"""The safeguarding pages, for police and for social workers. They hold no rules."""

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from sooner.access.decide import Reader, may
from sooner.access.gate import PageRequest, carried_out, page
from sooner.intake.process import process_now
from sooner.intake.queries import referral_for
from sooner.ledger.work import Subject, record_view
from sooner.policy.loader import get_policy
from sooner.safeguarding import forms, queries
from sooner.safeguarding.commands import authority as authority_side
from sooner.safeguarding.commands import children as decisions
from sooner.safeguarding.commands import overt_action, protection, strategy
from sooner.safeguarding.models import SafeguardingReferral

WRITE = ("GET", "POST")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 19 else None


def _asked(
    request: PageRequest, *, form: django_forms.Form, title: str, button: str, back: str, done: str, run: Callable[[], Any],
    lead: str = "", warning: bool = False,
) -> HttpResponse:  # fmt: skip
    """A page with one question: the form, and after the command the page it came from."""
    if request.method == "POST" and form.is_valid() and carried_out(form, run):
        process_now()
        messages.success(request, done)
        return redirect(back)
    context = {"form": form, "title": title, "button": button, "back": back, "lead": lead, "warning": warning}
    return render(request, "safeguarding/ask.html", context)


def _data(request: PageRequest) -> Any:
    return request.POST if request.method == "POST" else None


@page("child.view")
def children(request: PageRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    found = queries.children(request.user, after=_number(request.GET.get("after")), state=state)
    shown = [row.child.pk for row in found.rows]  # type: ignore[attr-defined]  # ChildRow rows
    record_view(
        request.actor, subject=Subject("children", None), thread="force", page="children", shown=shown
    )
    return render(request, "safeguarding/children.html", {"page": found, "state": state})


@page("child.view")
def child(request: PageRequest, pk: int) -> HttpResponse:
    """One child: why at risk, who was told, what must happen now."""
    found = queries.child_for(request.user, pk)
    record_view(request.actor, subject=Subject("child", pk), thread=found.referral.thread, page="child")
    context = {
        "row": queries.child_row(request.user, found),
        "child": found,
        "masked": Reader(request.user).names_masked,
        "discussions": queries.discussions_about(request.user, found),
        "protections": queries.protections_of(found),
        "may_decide": may(request.user, "child.decide"),
        "may_protect": may(request.user, "police-protection.record"),
    }
    return render(request, "safeguarding/child.html", context)


def _back_to(pk: int) -> str:
    return f"/children/{pk}/"


@page("child.decide", methods=WRITE)
def child_confirm(request: PageRequest, pk: int) -> HttpResponse:
    found, form = queries.child_for(request.user, pk), forms.ConfirmForm(_data(request))
    run = lambda: decisions.confirm_child(request.user, child=found, reason=form.cleaned_data["reason"])
    return _asked(
        request, form=form, title="Confirm that this child is at risk", button="Confirm", back=_back_to(pk),
        done="The child is confirmed as at risk.", run=run,
    )  # fmt: skip


@page("child.decide", methods=WRITE)
def child_rule_out(request: PageRequest, pk: int) -> HttpResponse:
    found, form = queries.child_for(request.user, pk), forms.ReasonForm(_data(request))
    run = lambda: decisions.rule_out_child(request.user, child=found, reason=form.cleaned_data["reason"])
    return _asked(
        request, form=form, title="Rule this child out", button="Rule out", back=_back_to(pk), warning=True,
        done="The child is ruled out. It can be put back at any time.", run=run,
        lead="Only if you know that this child is not at risk from the suspect. Your name and reason stay on the record.",
    )  # fmt: skip


@page("child.decide", methods=WRITE)
def child_reinstate(request: PageRequest, pk: int) -> HttpResponse:
    found, form = queries.child_for(request.user, pk), forms.ReasonForm(_data(request))
    run = lambda: decisions.reinstate_child(request.user, child=found, reason=form.cleaned_data["reason"])
    return _asked(
        request, form=form, title="Put this child back as at risk", button="Put back", back=_back_to(pk),
        done="The child counts as at risk again.", run=run,
    )  # fmt: skip


@page("child.decide", methods=WRITE)
def child_add(request: PageRequest, pk: int) -> HttpResponse:
    referral, form = referral_for(request.user, pk), forms.AddChildForm(_data(request))
    run = lambda: decisions.add_child(
        request.user, referral=referral, new=decisions.NewChild(**form.cleaned_data)
    )
    return _asked(
        request, form=form, title=f"Add a child to {referral.reference}", button="Add this child", back=f"/referrals/{pk}/",
        done="The child is added, and social care is told.", run=run,
        lead="Give what you know. The authority of the child's home is told at once.",
    )  # fmt: skip


@page("child.decide", methods=WRITE)
def children_checked(request: PageRequest, pk: int) -> HttpResponse:
    referral, form = referral_for(request.user, pk), forms.CheckedForm(_data(request))
    run = lambda: decisions.record_children_checked(request.user, referral=referral, **form.cleaned_data)
    return _asked(
        request, form=form, title="I checked, and found no child", button="Record", back=f"/referrals/{pk}/",
        done="Recorded.", run=run,
    )  # fmt: skip


@page("child.decide", methods=WRITE)
def household_found(request: PageRequest, pk: int) -> HttpResponse:
    referral, form = referral_for(request.user, pk), forms.HouseholdForm(_data(request))
    run = lambda: decisions.record_household(request.user, referral=referral, **form.cleaned_data)
    return _asked(
        request, form=form, title="Record where the suspect lives", button="Record and search", back=f"/referrals/{pk}/",
        done="Recorded. Children are searched for there.", run=run,
    )  # fmt: skip


@page("safeguarding-referral.reroute", methods=WRITE)
def child_authority(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.child_for(request.user, pk)
    form = forms.AuthorityForm(_data(request), initial={"authority": found.authority})
    run = lambda: decisions.choose_authority(request.user, child=found, **form.cleaned_data)
    return _asked(
        request, form=form, title="Choose the child's authority", button="Choose and tell them", back=_back_to(pk),
        done="The authority is chosen, and told.", run=run,
        lead="The authority of the area where the child lives, or is found.",
    )  # fmt: skip


@page("safeguarding-referral.view")
def referral_to_care(request: PageRequest, pk: int) -> HttpResponse:
    """What police told an authority, as police see it: sent, delivered, acknowledged, decided."""
    row = queries.referral_to_care_for(request.user, pk)
    thread = row.referral.thread
    record_view(
        request.actor,
        subject=Subject("safeguarding-referral", pk),
        thread=thread,
        page="safeguarding-referral",
    )
    context = {
        "row": row,
        "told": queries.read_payload(row),
        "deliveries": row.deliveries.order_by("pk"),
        "answers": queries.answers_of(request.user, row),
        "masked": Reader(request.user).names_masked,
        "decision": authority_side.options_for(row.authority).get(row.decision),
        "may_tell": may(request.user, "safeguarding-referral.reroute"),
    }
    return render(request, "safeguarding/referral.html", context)


@page("safeguarding-referral.reroute", methods=WRITE)
def referral_by_hand(request: PageRequest, pk: int) -> HttpResponse:
    row, form = queries.referral_to_care_for(request.user, pk), forms.ByHandForm(_data(request))
    run = lambda: authority_side.record_sent_by_hand(request.user, row=row, **form.cleaned_data)
    return _asked(
        request, form=form, title="I told the authority", button="Record", back=f"/social-care/{pk}/", done="Recorded.", run=run,
        lead="This authority has no sign-in here. Tell it by telephone or secure e-mail now, then record it.",
    )  # fmt: skip


@page("safeguarding-referral.reroute", methods=WRITE)
def referral_chase(request: PageRequest, pk: int) -> HttpResponse:
    row, form = queries.referral_to_care_for(request.user, pk), forms.ChaseForm(_data(request))
    run = lambda: authority_side.chase(request.user, row=row, **form.cleaned_data)
    return _asked(
        request, form=form, title="I chased social care", button="Record", back=f"/social-care/{pk}/", done="Recorded.", run=run
    )  # fmt: skip


@page("social-care-inbox.view")
def inbox(request: PageRequest) -> HttpResponse:
    """The authority's own referrals: what must be acknowledged and decided now."""
    state = "all" if request.GET.get("state") == "all" else "open"
    found = queries.inbox(request.user, after=_number(request.GET.get("after")), state=state)
    shown = [item.row.pk for item in found.rows]  # type: ignore[attr-defined]  # InboxItem rows
    record_view(request.actor, subject=Subject("inbox", None), thread="force", page="inbox", shown=shown)
    return render(request, "safeguarding/inbox.html", {"page": found, "state": state})


@page("social-care-inbox.view")
def inbox_referral(request: PageRequest, pk: int) -> HttpResponse:
    """One referral as the authority sees it; how to handle it is the loudest thing on the page."""
    item = queries.inbox_item(request.user, pk)
    _inbox_viewed(request, item.row)
    child = item.row.child
    context = {
        "item": item,
        "row": item.row,
        "told": item.told,
        "discussions": queries.discussions_about(request.user, child) if child else [],
        "lives_in": queries.home_elsewhere(item.row),
        "decision": authority_side.options_for(item.row.authority).get(item.row.decision),
    }
    return render(request, "safeguarding/inbox_referral.html", context)


def _inbox_viewed(request: PageRequest, row: SafeguardingReferral) -> None:
    record_view(
        request.actor,
        subject=Subject("safeguarding-referral", row.pk),
        thread=row.referral.thread,
        page="inbox-referral",
    )


@page("safeguarding-referral.acknowledge", methods=("POST",))
def inbox_acknowledge(request: PageRequest, pk: int) -> HttpResponse:
    authority_side.acknowledge(request.user, row=queries.referral_to_care_for(request.user, pk))
    messages.success(request, "Acknowledged. Police can see that you have it.")
    return redirect("inbox-referral", pk=pk)


@page("safeguarding-referral.decide", methods=WRITE)
def inbox_decide(request: PageRequest, pk: int) -> HttpResponse:
    row = queries.referral_to_care_for(request.user, pk)
    form = forms.DecideForm(_data(request), authority=row.authority)
    run = lambda: authority_side.decide(request.user, row=row, **form.cleaned_data)
    return _asked(
        request, form=form, title="Decide on this referral", button="Record the decision", back=f"/inbox/{pk}/",
        done="The decision is recorded. Police are told.", run=run,
    )  # fmt: skip


@page("safeguarding-referral.decide", methods=WRITE)
def inbox_pass_on(request: PageRequest, pk: int) -> HttpResponse:
    row, form = queries.referral_to_care_for(request.user, pk), forms.AuthorityForm(_data(request))
    run = lambda: authority_side.pass_on(request.user, row=row, **form.cleaned_data)
    return _asked(
        request, form=form, title="This child lives in another authority", button="Pass it on", back="/inbox/",
        done="Passed on. The other authority has it now.", run=run,
    )  # fmt: skip


@page("safeguarding-referral.decide", methods=WRITE)
def inbox_assessment(request: PageRequest, pk: int) -> HttpResponse:
    return _outcome(request, pk, "The assessment is complete", authority_side.record_assessment)


@page("safeguarding-referral.decide", methods=WRITE)
def inbox_conference(request: PageRequest, pk: int) -> HttpResponse:
    return _outcome(request, pk, "The child protection conference was held", authority_side.record_conference)


def _outcome(request: PageRequest, pk: int, title: str, command: Callable[..., None]) -> HttpResponse:
    row, form = queries.referral_to_care_for(request.user, pk), forms.OutcomeForm(_data(request))
    run = lambda: command(request.user, child=row.child, row=row, words=form.cleaned_data["reason"])
    return _asked(
        request, form=form, title=title, button="Record", back=f"/inbox/{pk}/", done="Recorded.", run=run
    )


@page("strategy-discussion.arrange", methods=WRITE)
def discussion_arrange(request: PageRequest, pk: int) -> HttpResponse:
    """Police arrange a discussion about a child; a social worker does so from the inbox."""
    found, form = queries.child_for(request.user, pk), forms.ArrangeForm(_data(request))
    run = lambda: strategy.arrange_discussion(request.user, children=[found], **form.cleaned_data)
    return _asked(
        request, form=form, title="Arrange a strategy discussion", button="Arrange", back=_back_to(pk),
        done="The strategy discussion is arranged.", run=run,
        lead="With social care, police and health. Its time does not move the clock of the duty.",
    )  # fmt: skip


@page("strategy-discussion.arrange", methods=WRITE)
def inbox_discussion(request: PageRequest, pk: int) -> HttpResponse:
    row, form = queries.referral_to_care_for(request.user, pk), forms.ArrangeForm(_data(request))
    children = [row.child] if row.child else []
    run = lambda: strategy.arrange_discussion(request.user, children=children, **form.cleaned_data)
    return _asked(
        request, form=form, title="Arrange a strategy discussion", button="Arrange", back=f"/inbox/{pk}/",
        done="The strategy discussion is arranged.", run=run,
    )  # fmt: skip


@page("strategy-discussion.view")
def discussion(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.discussion_for(request.user, pk)
    thread = found.referral.thread
    record_view(
        request.actor, subject=Subject("strategy-discussion", pk), thread=thread, page="strategy-discussion"
    )
    context = {
        "discussion": found,
        "names": queries.names_of(request.user, found),
        "plans": queries.plans_of(found),
        "absent": strategy.absent([strategy.Attendee(**a) for a in found.attendees]) if found.held_at else [],
        "may_record": may(request.user, "strategy-discussion.record"),
        "is_police": Reader(request.user).scope != "authority",
    }
    return render(request, "safeguarding/discussion.html", context)


@page("strategy-discussion.record", methods=WRITE)
def discussion_record(request: PageRequest, pk: int) -> HttpResponse:
    found, form = queries.discussion_for(request.user, pk), forms.DiscussionForm(_data(request))
    run = lambda: strategy.record_discussion(request.user, discussion=found, outcome=form.outcome())
    return _asked(
        request, form=form, title="Record the strategy discussion", button="Record", back=f"/discussions/{pk}/",
        done="The strategy discussion is recorded.", run=run,
    )  # fmt: skip


@page("strategy-discussion.view")
def plan(request: PageRequest, pk: int) -> HttpResponse:
    found = queries.plan_for(request.user, pk)
    record_view(
        request.actor, subject=Subject("overt-action", pk), thread=found.referral.thread, page="overt-action"
    )
    context = {
        "plan": found,
        "names": queries.names_of(request.user, found.discussion),
        "may_take": may(request.user, "overt-action.plan"),
        "is_police": Reader(request.user).scope != "authority",
    }
    return render(request, "safeguarding/plan.html", context)


@page("overt-action.plan", methods=WRITE)
def plan_taken(request: PageRequest, pk: int) -> HttpResponse:
    found, form = queries.plan_for(request.user, pk), forms.TakenForm(_data(request))
    run = lambda: overt_action.record_taken(request.user, plan=found, **form.cleaned_data)
    return _asked(
        request, form=form, title="The overt action was taken", button="Record", back=f"/plans/{pk}/", done="Recorded.", run=run
    )  # fmt: skip


@page("police-protection.record", methods=WRITE)
def protect(request: PageRequest, pk: int) -> HttpResponse:
    found, form = queries.child_for(request.user, pk), forms.ProtectionForm(_data(request))
    hours = get_policy().police_protection.hours
    run = lambda: protection.take_into_protection(
        request.user, child=found, taken=protection.Taken(**form.cleaned_data)
    )
    return _asked(
        request, form=form, title="Record police protection", button="Record", back=_back_to(pk),
        done=f"Recorded. The {hours} hours run from when it began.", run=run,
        lead=f"At most {hours} hours from when it began. It cannot be extended.",
    )  # fmt: skip


@page("police-protection.record", methods=WRITE)
def protection_told(request: PageRequest, pk: int) -> HttpResponse:
    found, form = queries.protection_for(request.user, pk), forms.ToldForm(_data(request))
    run = lambda: protection.record_told(request.user, protection=found, **form.cleaned_data)
    return _asked(
        request, form=form, title="Who was told of the police protection", button="Record", back=_back_to(found.child_id),
        done="Recorded.", run=run,
    )  # fmt: skip


@page("police-protection.record", methods=WRITE)
def protection_end(request: PageRequest, pk: int) -> HttpResponse:
    found, form = queries.protection_for(request.user, pk), forms.ReasonForm(_data(request))
    run = lambda: protection.end_protection(request.user, protection=found, **form.cleaned_data)
    return _asked(
        request, form=form, title="Police protection has ended", button="Record", back=_back_to(found.child_id),
        done="Recorded.", run=run,
    )  # fmt: skip
