"""The tags and filters that every room's templates use. They show what queries return and decide nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django import forms, template
from django.http import HttpRequest
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sooner.access import threads as references
from sooner.access.decide import WITHHELD, Reader, may, spoken
from sooner.access.gate import needs_second_factor
from sooner.access.models import User
from sooner.duties import queries
from sooner.duties.links import labels_for
from sooner.duties.rules import rule_of
from sooner.engines import charts, drawings
from sooner.ledger import clock
from sooner.ledger import queries as ledger_queries
from sooner.policy.loader import get_policy
from sooner.web import fields, navigation, words
from sooner.web.demonstration import is_demonstration

register = template.Library()


@dataclass(frozen=True)
class Shell:
    """What stands around every page."""

    force: str
    role: str
    items: list[navigation.Item]


@register.simple_tag(takes_context=True)
def shell(context: Context) -> Shell:
    """The frame's facts for the reader of this page."""
    request: HttpRequest | None = context.get("request")
    user = getattr(request, "user", None)
    signed_in = isinstance(user, User)
    policy = get_policy()
    return Shell(
        force=_force_name(policy),
        role=policy.roles[user.role].title if isinstance(user, User) else "",
        items=navigation.places_for(user, path=request.path) if signed_in and request and user else [],
    )


def _force_name(policy: Any) -> str:
    force = getattr(policy, "force", "")
    return str(getattr(force, "name", force))


@register.simple_tag
def demonstration() -> bool:
    """Whether everybody here is invented."""
    return is_demonstration()


@register.simple_tag
def product_version() -> str:
    """The version that is installed."""
    try:
        return version("sooner")
    except PackageNotFoundError:
        return ""


@register.filter
def when(moment: datetime | date | None) -> str:
    """`<time>` with date and time in the force's zone; a plain date without a time; nothing for None."""
    if moment is None or moment == "":
        return ""
    if isinstance(moment, datetime):
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), words.day_and_time(moment))
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), words.day(moment))


@register.filter
def until(moment: datetime | None) -> str:
    """`in 2 hours`, `3 hours late`."""
    return words.distance(moment, now=clock.now()) if moment else ""


@register.filter
def source_words(said: str) -> str:
    """A rule's source without the policy files' short marks: `(design) 4 hours` is `This force's policy: 4 hours`."""
    return words.source(said or "")


@register.filter
def unit_name(code: str) -> str:
    """The unit's name from policy; an unknown code as it stands."""
    unit = get_policy().units.get(code or "")
    return unit.name if unit else (code or "")


@register.filter
def harm_title(key: str) -> str:
    """The kind of harm in words, from policy; an unknown key as it stands."""
    harm = get_policy().harms.get(key or "")
    return harm.title if harm else (key or "")


@register.filter
def authority_name(code: str) -> str:
    """The local authority's name from policy; an unknown code as it stands."""
    authority = get_policy().authorities.get(code or "")
    return authority.name if authority else (code or "")


@register.filter
def reference(thread: str) -> str:
    """`referral:12` as people say it, `R-000012`; `user:4`, which has no such number, is `User 4`."""
    try:
        return references.parse(thread).reference
    except (ValueError, StopIteration):
        return thread.replace("-", " ").replace(":", " ").capitalize()


@register.filter
def thread_of(pk: int, kind: str) -> str:
    """The thread of a record: `{{ document.pk|thread_of:"document" }}`."""
    return f"{kind}:{pk}"


@register.filter
def role_title(key: str) -> str:
    """The role's title from policy; an unknown key as it stands."""
    role = get_policy().roles.get(key or "")
    return role.title if role else (key or "")


@register.filter("may")
def may_do(user: User | None, capability: str) -> bool:
    """Whether the reader's role has a capability: for links that would lead to a closed door."""
    return isinstance(user, User) and may(user, capability)


@register.filter("spoken")
def spoken_words(words: str, user: User | None) -> str:
    """What somebody wrote in their own words; that it is withheld, to a reader who sees no names."""
    return spoken(words, user) if isinstance(user, User) else ""


@register.filter
def masked(person: Any, reader: User | Reader | None) -> str:
    """A person's name, or `Person 123` for a reader whose role sees no names, and for no reader at all."""
    if person is None:
        return ""
    known = Reader(reader) if isinstance(reader, User) else reader
    if isinstance(known, Reader) and not known.names_masked:
        return str(getattr(person, "name", person))
    return f"Person {getattr(person, 'pk', None) or getattr(person, 'id', '')}".strip()


@register.inclusion_tag("web/fields/form.html")
def form_fields(form: forms.BaseForm, summary: bool = True) -> dict[str, Any]:
    """A Django form as Design System fields, its error summary in front (`summary=False` leaves that out)."""
    return {
        "fields": fields.fields_of(form),
        "hidden": form.hidden_fields(),
        "problems": fields.problems_of(form),
        "summary": summary,
    }


@register.inclusion_tag("web/fields/summary.html")
def error_summary(form: forms.BaseForm | None) -> dict[str, Any]:
    """What is wrong with a form, for the top of the page; then `{% form_fields form summary=False %}`."""
    return {"problems": fields.problems_of(form) if form is not None else []}


@register.simple_tag(takes_context=True)
def second_factor_needed(context: Context) -> bool:
    """Whether the reader must set up a second factor before anything else."""
    user = context["request"].user
    return isinstance(user, User) and needs_second_factor(user)


@register.simple_tag(takes_context=True)
def emergency_url(context: Context) -> str:
    """Where a reader who may break the glass does so for the record of this address; empty for anybody else.

    It is offered whether or not the record is there, so it tells nobody that it is.
    """
    request = context.get("request")
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not may(user, "break-glass.use"):
        return ""
    match = getattr(request, "resolver_match", None)
    pk = match.kwargs.get("pk") if match else None
    spoken = reference(f"{match.url_name}:{pk}") if match and pk else ""
    return f"{reverse('break-glass')}?reference={spoken}" if spoken[1:2] == "-" else reverse("break-glass")


@register.inclusion_tag("web/fields/field.html")
def form_field(form: forms.BaseForm, name: str) -> dict[str, Any]:
    """One field of a form, for pages that lay a form out themselves."""
    return {"field": fields.field_of(form[name])}


@register.inclusion_tag("web/empty.html")
def empty_state(title: str, words: str = "") -> dict[str, str]:
    """What a list says when it has nothing: what is not there, and what that means."""
    return {"title": title, "words": words}


@register.inclusion_tag("web/pagination.html", takes_context=True)
def pagination(context: Context, page: Any) -> dict[str, str]:
    """Links to the previous and next page, keeping the query.

    `page` is a Django `Page` (parameter `page`), or any object whose `after` is the cursor of what follows,
    or None (parameter `after`; `before` likewise for what precedes).
    """
    if hasattr(page, "has_next"):
        before = page.previous_page_number() if page.has_previous() else None
        after = page.next_page_number() if page.has_next() else None
        return _links(context, previous={"page": before}, following={"page": after})
    before, after = getattr(page, "before", None), getattr(page, "after", None)
    return _links(context, previous={"before": before}, following={"after": after})


def _links(context: Context, *, previous: dict[str, Any], following: dict[str, Any]) -> dict[str, str]:
    return {"previous_url": _link(context, previous), "next_url": _link(context, following)}


def _link(context: Context, changed: dict[str, Any]) -> str:
    if any(value is None for value in changed.values()):
        return ""
    query = context["request"].GET.copy()
    for name in ("page", "after", "before"):
        query.pop(name, None)
    for name, value in changed.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"


@register.inclusion_tag("web/household.html")
def household(
    nodes: Sequence[drawings.Node],
    edges: Sequence[drawings.Edge] = (),
    title: str = "Who lives here",
    timed: bool = True,
) -> dict[str, Any]:
    """The drawing of who lives with whom, and the table beneath it; `timed`: with since and until when."""
    return {"drawing": drawings.household_drawing(nodes, edges), "title": title, "timed": timed}


@register.inclusion_tag("web/waterfall.html")
def waterfall(steps: Sequence[charts.Step], title: str) -> dict[str, Any]:
    """How evidence adds up, drawn, with the table beneath it."""
    return {"chart": charts.waterfall(steps), "title": title, "running": True}


@register.inclusion_tag("web/waterfall.html")
def weights(steps: Sequence[charts.Step], title: str) -> dict[str, Any]:
    """How much each answer weighs by itself, drawn, with the table beneath it."""
    return {"chart": charts.weights(steps), "title": title, "running": False}


@register.inclusion_tag("web/stays.html")
def stays(rows: Sequence[charts.Stay], title: str, what: str = "Who") -> dict[str, Any]:
    """Who lived where when, drawn, with the table beneath it."""
    return {"chart": charts.stays(rows, today=clock.now().date()), "title": title, "what": what}


@register.inclusion_tag("web/timeline.html", takes_context=True)
def timeline(context: Mapping[str, Any], names: str | Iterable[str], limit: int = 50) -> dict[str, Any]:
    """The ledger of a thread, or of several, in English, newest first."""
    threads = [names] if isinstance(names, str) else list(names)
    user = context.get("user")
    withheld = WITHHELD if isinstance(user, User) and Reader(user).names_masked else ""
    return {"items": ledger_queries.timeline(threads, limit=limit, withheld=withheld)}


@dataclass(frozen=True)
class DutyRow:
    """Duties of one kind and owner that fall due together, as policy words them: siblings share a line."""

    duty: Any
    rule: Any
    owner: str
    url: str
    about: list[str]


SHOWN = 5


@register.inclusion_tag("web/duties.html", takes_context=True)
def duties(
    context: Context,
    kind: str = "",
    pk: int | None = None,
    *,
    thread: str = "",
    threads: Iterable[str] = (),
    heading: str = "What must happen now",
) -> dict[str, Any]:
    """The open duties of a thread, of several, or of one record: `{% duties "child" child.pk %}`.

    What the reader's own side must do comes first, then what a partner must; after the first few, the rest is folded.
    """
    user = context["request"].user
    found = queries.duties_of(
        user,
        threads=[thread] if thread else list(threads) or None,
        subject=(kind, pk) if kind and pk is not None else None,
    )
    rows = _duty_rows(found, user, say_about=not kind)
    any_late = any(duty.late_at for duty in found)
    return {"rows": rows[:SHOWN], "more": rows[SHOWN:], "heading": heading, "any_late": any_late}


def _duty_rows(found: Sequence[Any], user: User, *, say_about: bool) -> list[DutyRow]:
    names = labels_for(found, user) if say_about else {}
    rows: dict[tuple[Any, ...], DutyRow] = {}
    for duty in sorted(found, key=lambda one: bool(one.authority) != bool(user.authority)):
        due = duty.due_at.replace(second=0, microsecond=0)
        place = (duty.key, duty.authority, duty.unit, duty.officer_id, due)
        row = rows.setdefault(
            place, DutyRow(duty, rule_of(duty), queries.owner_of(duty), _url("duty", duty.pk), [])
        )
        if say_about:
            row.about.append(names[duty.subject_kind, duty.subject_id])
    return list(rows.values())


def _url(name: str, *args: Any) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag
def late_badge(duty: Any) -> SafeString | str:
    """A red `Late` tag where the duty's time has passed; it stays where the time was moved afterwards, and says so."""
    overdue = duty.due_at <= clock.now()
    said = "Late" if overdue else "Late, time moved" if duty.late_at else ""
    return format_html('<strong class="govuk-tag govuk-tag--red">{}</strong>', said) if said else ""


HARMS = {1: ("Child at risk", "red"), 2: ("Safety", "orange")}


@register.simple_tag
def harm_badge(duty: Any) -> SafeString | str:
    """A tag for duties whose lateness harms somebody soonest (harm 1 and 2)."""
    title, colour = HARMS.get(duty.harm, ("", ""))
    return format_html('<strong class="govuk-tag govuk-tag--{}">{}</strong>', colour, title) if title else ""
