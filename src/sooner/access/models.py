"""Users, API tokens, need-to-know and break-glass. A role's powers are policy (`access.toml`), never columns."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person who signs in. `role` is a key of access.toml; `unit` or `authority` bounds what they see."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=40)
    unit = models.CharField(max_length=20, blank=True)
    authority = models.CharField(max_length=12, blank=True)
    named_manager = models.BooleanField(default=False)
    """In an authority: one of the few who receive restricted referrals."""
    is_active = models.BooleanField(default=True)
    open_sessions = models.JSONField(default=list)
    """[{"number": "...", "began_at": "..."}], the oldest first: a session that is not among them has ended."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name", "role"]

    class Meta:
        indexes = [models.Index(fields=["role", "unit"], name="user_role_unit")]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A machine's key: it acts as its user. Only the SHA-256 of the token is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Grant(models.Model):
    """Need-to-know: this user may see the restricted record behind `thread`."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    thread = models.CharField(max_length=60)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    reason = models.TextField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "thread"], condition=models.Q(withdrawn_at__isnull=True), name="grant_open"
            )
        ]


class BreakGlass(models.Model):
    """Emergency sight of a record beyond one's need-to-know: works at once, is loud, and is reviewed."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="break_glass")
    thread = models.CharField(max_length=60)
    reason = models.TextField()
    used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    finding = models.TextField(blank=True)
    justified = models.BooleanField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "expires_at"], name="break_glass_user")]


class RestrictedThread(models.Model):
    """A compartment that only those who need to know may enter. Every kind of row of the thread follows it."""

    thread = models.CharField(max_length=60, primary_key=True)
    since = models.DateTimeField()
