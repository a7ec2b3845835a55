"""Operations over accounts, keys, need-to-know and break-glass: the pages' commands and queries."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router, Schema, Status
from pydantic import Field

from sooner.access import commands, queries, threads
from sooner.access.api import Id, In, Line, OptionalLine, Words, responses
from sooner.access.gate import PageRequest, operation
from sooner.access.models import ApiToken, BreakGlass, Grant, User

router = Router(tags=["access"])
PAGE = 50
Password = Annotated[str, Field(min_length=12, max_length=200)]
UserName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._\-]{1,58}$")]
Code = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_\-]*$")]
Reference = Annotated[str, Field(pattern=r"^[RID]-[0-9]{1,15}$")]


class UserOut(Schema):
    id: int
    username: str
    name: str
    email: str
    role: str
    unit: str
    authority: str
    named_manager: bool
    is_active: bool


class AccountIn(In):
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")]
    role: Code
    email: Annotated[str, Field(max_length=254, pattern=r"^([^\s@\x00]+@[^\s@\x00]+)?$")] = ""
    unit: Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9_\-]*$")] = ""
    authority: Annotated[str, Field(max_length=12, pattern=r"^[A-Za-z0-9_\-]*$")] = ""
    named_manager: bool = False

    def facts(self) -> commands.AccountFacts:
        names = ("name", "role", "email", "unit", "authority", "named_manager")
        return commands.AccountFacts(**{name: getattr(self, name) for name in names})


class NewAccountIn(AccountIn):
    username: UserName
    password: Password


class PasswordIn(In):
    password: Password


class TokenIn(In):
    label: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
    days: Annotated[int, Field(ge=1, le=366)] = 90


class TokenOut(Schema):
    id: int
    label: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class IssuedTokenOut(TokenOut):
    secret: str


class GrantIn(In):
    username: Line
    reason: Words


class GrantOut(Schema):
    id: int
    username: str
    granted_by: str
    granted_at: datetime
    reason: str

    @staticmethod
    def resolve_username(grant: Grant) -> str:
        return grant.user.username

    @staticmethod
    def resolve_granted_by(grant: Grant) -> str:
        return grant.granted_by.username


class BreakGlassIn(In):
    reference: Reference
    reason: Words


class ReviewIn(In):
    justified: bool
    finding: Words


class BreakGlassOut(Schema):
    id: int
    thread: str
    reason: str
    used_at: datetime
    expires_at: datetime
    reviewed_at: datetime | None
    justified: bool | None
    finding: str


@router.get("/users", response=responses(list[UserOut]), summary="Accounts, 50 a page")
@operation("user.manage")
def list_users(
    request: PageRequest, search: OptionalLine = "", page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> list[User]:
    return list(queries.users(request.user, search=search)[(page - 1) * PAGE : page * PAGE])


@router.post("/users", response=responses(UserOut, status=201), summary="Make an account")
@operation("user.manage")
def create_user(request: PageRequest, body: NewAccountIn) -> Status[Any]:
    user = commands.create_user(
        actor=request.actor, username=body.username, password=body.password, facts=body.facts()
    )
    return Status(201, user)


@router.get("/users/{pk}", response=responses(UserOut), summary="One account")
@operation("user.manage")
def get_user(request: PageRequest, pk: Id) -> User:
    return queries.user_for(request.user, pk)


@router.put("/users/{pk}", response=responses(UserOut), summary="Change an account")
@operation("user.manage")
def change_user(request: PageRequest, pk: Id, body: AccountIn) -> User:
    return commands.change_user(actor=request.actor, pk=pk, facts=body.facts())


@router.post("/users/{pk}/password", response=responses(UserOut), summary="Give a new password")
@operation("user.manage")
def reset_password(request: PageRequest, pk: Id, body: PasswordIn) -> User:
    commands.reset_password(actor=request.actor, pk=pk, password=body.password)
    return queries.user_for(request.user, pk)


@router.post("/users/{pk}/close", response=responses(UserOut), summary="Close an account")
@operation("user.manage")
def close_user(request: PageRequest, pk: Id) -> User:
    commands.deactivate_user(actor=request.actor, pk=pk)
    return queries.user_for(request.user, pk)


@router.post("/users/{pk}/reopen", response=responses(UserOut), summary="Open a closed account again")
@operation("user.manage")
def reopen_user(request: PageRequest, pk: Id) -> User:
    commands.reactivate_user(actor=request.actor, pk=pk)
    return queries.user_for(request.user, pk)


@router.post(
    "/users/{pk}/remove-second-factor", response=responses(UserOut), summary="Remove a lost second factor"
)
@operation("user.manage")
def remove_second_factor(request: PageRequest, pk: Id) -> User:
    commands.remove_second_factor(actor=request.actor, pk=pk)
    return queries.user_for(request.user, pk)


@router.get("/account", response=responses(UserOut), summary="Your own account")
@operation("account.view")
def own_account(request: PageRequest) -> User:
    return request.user


@router.get("/account/tokens", response=responses(list[TokenOut]), summary="Your keys that work")
@operation("own-token.manage")
def own_tokens(request: PageRequest) -> list[ApiToken]:
    return list(queries.tokens_of(request.user)[:PAGE])


@router.post(
    "/account/tokens", response=responses(IssuedTokenOut, status=201), summary="Make a key, shown once"
)
@operation("own-token.manage")
def issue_token(request: PageRequest, body: TokenIn) -> Status[Any]:
    return _issued(request, body, owner=request.user)


@router.delete("/account/tokens/{pk}", response=responses(None, status=204), summary="End one of your keys")
@operation("own-token.manage")
def revoke_token(request: PageRequest, pk: Id) -> Status[Any]:
    commands.revoke_token(actor=request.actor, user=request.user, pk=pk)
    return Status(204, None)


@router.get("/users/{pk}/tokens", response=responses(list[TokenOut]), summary="Keys of an account")
@operation("token.manage")
def user_tokens(request: PageRequest, pk: Id) -> list[ApiToken]:
    return list(queries.tokens_of(queries.user_for(request.user, pk))[:PAGE])


@router.post(
    "/users/{pk}/tokens",
    response=responses(IssuedTokenOut, status=201),
    summary="Make a key for an account, shown once",
)
@operation("token.manage")
def issue_user_token(request: PageRequest, pk: Id, body: TokenIn) -> Status[Any]:
    return _issued(request, body, owner=queries.user_for(request.user, pk))


@router.delete("/users/{pk}/tokens/{token}", response=responses(None, status=204), summary="End a key")
@operation("token.manage")
def revoke_user_token(request: PageRequest, pk: Id, token: Id) -> Status[Any]:
    commands.revoke_token(actor=request.actor, user=queries.user_for(request.user, pk), pk=token)
    return Status(204, None)


def _issued(request: PageRequest, body: TokenIn, *, owner: User) -> Status[Any]:
    issued = commands.issue_token(actor=request.actor, user=owner, label=body.label, days=body.days)
    names = ("id", "label", "created_at", "expires_at", "last_used_at")
    return Status(201, {"secret": issued.secret, **{name: getattr(issued.token, name) for name in names}})


@router.get(
    "/need-to-know/{reference}", response=responses(list[GrantOut]), summary="Who may see a restricted record"
)
@operation("need-to-know.grant")
def list_grants(request: PageRequest, reference: Reference) -> list[Grant]:
    thread = threads.read_reference(reference)
    commands.require_control(request.user, thread)
    return list(queries.grants_of(thread))


@router.post(
    "/need-to-know/{reference}",
    response=responses(GrantOut, status=201),
    summary="Let a person see a restricted record",
)
@operation("need-to-know.grant")
def grant(request: PageRequest, reference: Reference, body: GrantIn) -> Status[Any]:
    thread = threads.read_reference(reference)
    user = queries.colleague(body.username)
    made = commands.grant_need_to_know(by=request.user, user=user, thread=thread, reason=body.reason)
    return Status(201, made)


@router.delete("/need-to-know/{reference}/{pk}", response=responses(None, status=204), summary="End a grant")
@operation("need-to-know.grant")
def withdraw(request: PageRequest, reference: Reference, pk: Id) -> Status[Any]:
    thread = threads.read_reference(reference)
    commands.withdraw_need_to_know(by=request.user, pk=pk, thread=thread)
    return Status(204, None)


@router.post(
    "/break-glass",
    response=responses(BreakGlassOut, status=201),
    summary="Open a restricted record in an emergency: loud, and reviewed",
)
@operation("break-glass.use")
def break_glass(request: PageRequest, body: BreakGlassIn) -> Status[Any]:
    thread = threads.read_reference(body.reference)
    used = commands.break_glass(user=request.user, thread=thread, reason=body.reason)
    return Status(201, used)


@router.get("/break-glass", response=responses(list[BreakGlassOut]), summary="Uses that wait for a review")
@operation("break-glass.review")
def list_break_glass(request: PageRequest, reviewed: bool = False) -> list[BreakGlass]:
    return list(queries.break_glass_list(request.user, reviewed=reviewed)[:PAGE])


@router.post("/break-glass/{pk}/review", response=responses(BreakGlassOut), summary="Review a use")
@operation("break-glass.review")
def review_break_glass(request: PageRequest, pk: Id, body: ReviewIn) -> BreakGlass:
    queries.break_glass_for(request.user, pk)
    return commands.review_break_glass(
        reviewer=request.user, pk=pk, justified=body.justified, finding=body.finding
    )
