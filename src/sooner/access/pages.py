"""Pages of accounts, keys, need-to-know and break-glass. They hold no rules."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse

from sooner.access import commands, queries, threads
from sooner.access.decide import may
from sooner.access.forms import (
    AccountForm,
    BreakGlassForm,
    GrantForm,
    NewAccountForm,
    PasswordForm,
    ReviewForm,
    TokenForm,
)
from sooner.access.gate import PageRequest, carried_out, page
from sooner.access.models import User
from sooner.errors import NotFound, Refused
from sooner.policy.loader import get_policy

READ_WRITE = ("GET", "POST")
PAGE = 25


@page("user.manage")
def users(request: PageRequest) -> HttpResponse:
    """Accounts by name, 25 a page, with a search."""
    search = request.GET.get("search", "")[:60]
    found = Paginator(queries.users(request.user, search=search), PAGE).get_page(request.GET.get("page"))
    return render(request, "access/users.html", {"found": found, "search": search})


@page("user.manage", methods=READ_WRITE)
def user_new(request: PageRequest) -> HttpResponse:
    """Make an account."""
    form = NewAccountForm(request.POST or None)
    if form.is_valid() and carried_out(form, lambda: _create(request, form)):
        messages.success(request, f"The account {form.cleaned_data['username']} was made.")
        return redirect("users")
    return render(request, "access/user_new.html", {"form": form})


def _create(request: PageRequest, form: NewAccountForm) -> User:
    return commands.create_user(
        actor=request.actor,
        username=form.cleaned_data["username"],
        password=form.cleaned_data["password"],
        facts=form.facts(),
    )


@page("user.manage", methods=READ_WRITE)
def user_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change an account."""
    user = queries.user_for(request.user, pk)
    form = AccountForm(request.POST or None, initial=AccountForm.initial_of(user))
    if form.is_valid() and carried_out(
        form, lambda: commands.change_user(actor=request.actor, pk=pk, facts=form.facts())
    ):
        messages.success(request, f"{form.cleaned_data['name']} was changed.")
        return redirect("user", pk)
    context = {"form": form, "account": user, "password_form": PasswordForm()}
    return render(request, "access/user_edit.html", context)


@page("user.manage", methods=("POST",))
def user_password(request: PageRequest, pk: int) -> HttpResponse:
    """Give an account a new password."""
    user = queries.user_for(request.user, pk)
    form = PasswordForm(request.POST)
    if form.is_valid() and carried_out(
        form,
        lambda: commands.reset_password(actor=request.actor, pk=pk, password=form.cleaned_data["password"]),
    ):
        messages.success(request, f"{user.name} has a new password. Their open sessions ended.")
        return redirect("user", pk)
    account_form = AccountForm(initial=AccountForm.initial_of(user))
    context = {"form": account_form, "account": user, "password_form": form}
    return render(request, "access/user_edit.html", context, status=422)


@page("user.manage", methods=("POST",))
def user_act(request: PageRequest, pk: int, act: str) -> HttpResponse:
    """Close or reopen an account, or remove its second factor."""
    user = queries.user_for(request.user, pk)
    done = {
        "close": (commands.deactivate_user, "The account is closed."),
        "reopen": (commands.reactivate_user, "The account is open again."),
        "remove-second-factor": (commands.remove_second_factor, "The second factor was removed."),
    }
    command, words = done[act]
    command(actor=request.actor, pk=user.pk)
    messages.success(request, words)
    return redirect("user", pk)


@page("account.view")
def account(request: PageRequest) -> HttpResponse:
    """The reader's own account: role, password, second factor."""
    return render(request, "access/account.html", {"may_have_keys": may(request.user, "own-token.manage")})


@page("own-token.manage", methods=READ_WRITE)
def own_tokens(request: PageRequest) -> HttpResponse:
    """The reader's own keys for the API."""
    return _tokens(request, owner=request.user)


@page("token.manage", methods=READ_WRITE)
def user_tokens(request: PageRequest, pk: int) -> HttpResponse:
    """The keys of an account, such as one for a machine."""
    return _tokens(request, owner=queries.user_for(request.user, pk))


def _tokens(request: PageRequest, *, owner: User) -> HttpResponse:
    """Keys, and a form for one more. A new key's secret stands on this one answer, which nobody may store."""
    form = TokenForm(request.POST or None)
    issued: list[commands.IssuedToken] = []
    if form.is_valid() and carried_out(form, lambda: issued.append(_issue(request, form, owner=owner))):
        form = TokenForm()
    context = {"form": form, "owner": owner, "tokens": queries.tokens_of(owner), "issued": issued}
    response = render(request, "access/tokens.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _issue(request: PageRequest, form: TokenForm, *, owner: User) -> commands.IssuedToken:
    label, days = form.cleaned_data["label"], form.cleaned_data["days"]
    return commands.issue_token(actor=request.actor, user=owner, label=label, days=days)


@page("own-token.manage", methods=("POST",))
def own_token_end(request: PageRequest, pk: int) -> HttpResponse:
    """End one of the reader's own keys."""
    commands.revoke_token(actor=request.actor, user=request.user, pk=pk)
    messages.success(request, "The key was ended.")
    return redirect("own-tokens")


@page("token.manage", methods=("POST",))
def user_token_end(request: PageRequest, pk: int, token: int) -> HttpResponse:
    """End a key of an account."""
    commands.revoke_token(actor=request.actor, user=queries.user_for(request.user, pk), pk=token)
    messages.success(request, "The key was ended.")
    return redirect("user-tokens", pk)


@page("break-glass.use", methods=READ_WRITE)
def break_glass(request: PageRequest) -> HttpResponse:
    """Open a restricted record in an emergency."""
    form = BreakGlassForm(request.POST or None, initial={"reference": request.GET.get("reference", "")[:40]})
    if form.is_valid() and carried_out(form, lambda: _break(request, form)):
        messages.warning(
            request, "You opened a restricted record. Those responsible are told; it is reviewed."
        )
        return redirect(_record_url(threads.read_reference(form.cleaned_data["reference"])))
    return render(
        request, "access/break_glass.html", {"form": form, "hours": get_policy().force.break_glass_hours}
    )


def _break(request: PageRequest, form: BreakGlassForm) -> None:
    thread = threads.read_reference(form.cleaned_data["reference"])
    commands.break_glass(user=request.user, thread=thread, reason=form.cleaned_data["reason"])


def _record_url(thread: threads.Thread) -> str:
    try:
        return reverse(thread.kind, args=[thread.id])
    except NoReverseMatch:
        return "/"


@page("break-glass.review")
def break_glass_reviews(request: PageRequest) -> HttpResponse:
    """Uses of break-glass that wait for a review, and those reviewed."""
    waiting = queries.break_glass_list(request.user, reviewed=False)[:100]
    done = Paginator(queries.break_glass_list(request.user, reviewed=True), PAGE)
    context = {"waiting": waiting, "done": done.get_page(request.GET.get("page"))}
    return render(request, "access/break_glass_reviews.html", context)


@page("break-glass.review", methods=READ_WRITE)
def break_glass_review(request: PageRequest, pk: int) -> HttpResponse:
    """Review one use."""
    used = queries.break_glass_for(request.user, pk)
    form = ReviewForm(request.POST or None)
    if form.is_valid() and carried_out(
        form, lambda: commands.review_break_glass(reviewer=request.user, pk=pk, **form.cleaned_data)
    ):
        messages.success(request, "The review was recorded.")
        return redirect("break-glass-reviews")
    return render(request, "access/break_glass_review.html", {"form": form, "used": used})


@page("need-to-know.grant", methods=READ_WRITE)
def need_to_know(request: PageRequest, reference: str) -> HttpResponse:
    """Who may see a restricted record; let one more person see it."""
    thread = threads.read_reference(reference)
    commands.require_control(request.user, thread)
    form = GrantForm(request.POST or None)
    if form.is_valid() and carried_out(form, lambda: _grant(request, form, thread=thread)):
        messages.success(request, f"{form.cleaned_data['username']} may now see {thread.reference}.")
        return redirect("need-to-know", thread.reference)
    context = {
        "form": form,
        "thread": thread,
        "grants": queries.grants_of(thread),
        "back": _record_url(thread),
    }
    return render(request, "access/need_to_know.html", context)


def _grant(request: PageRequest, form: GrantForm, *, thread: threads.Thread) -> None:
    try:
        user = queries.colleague(form.cleaned_data["username"])
    except NotFound as error:  # of the person typed, not of the page
        raise Refused(str(error)) from error
    commands.grant_need_to_know(by=request.user, user=user, thread=thread, reason=form.cleaned_data["reason"])


@page("need-to-know.grant", methods=("POST",))
def need_to_know_withdraw(request: PageRequest, reference: str, pk: int) -> HttpResponse:
    """End a grant."""
    thread = threads.read_reference(reference)
    commands.withdraw_need_to_know(by=request.user, pk=pk, thread=thread)
    messages.success(request, "They may no longer see it.")
    return redirect("need-to-know", thread.reference)
