"""A person who signs in. People are deactivated, never deleted: history speaks of them."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from practice_vetting.core import clock
from practice_vetting.core.accounts import passwords
from practice_vetting.core.models.record import History, Kept, KeptQuerySet, new_uid


class PersonManager(BaseUserManager["Person"].from_queryset(KeptQuerySet)):  # type: ignore[misc]
    def create_user(self, *, email: str, name: str, password: str | None = None) -> "Person":
        person = self.model(email=self.normalize_email(email).lower(), name=name)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, email: str | None) -> "Person":
        return self.get(email__iexact=email)


class Person(Kept, AbstractBaseUser):
    """One account a person, signed in by e-mail (45 CFR 164.312(a)(2)(i), unique user identification)."""

    UNKEPT: ClassVar[frozenset[str]] = frozenset({"password", "last_login", "sign_ins"})

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField("full name", max_length=200)
    is_active = models.BooleanField(default=True)
    sign_ins = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    history = History(excluded_fields=sorted(UNKEPT))
    objects: ClassVar[Any] = PersonManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_once")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def kind(cls) -> str:
        return "person"

    @property
    def short_name(self) -> str:
        """The name as lists show it: "D. Okafor"."""
        first, _, rest = self.name.partition(" ")
        return f"{first[0]}. {rest}" if rest else self.name

    def get_full_name(self) -> str:
        return self.name

    def practice_names(self) -> list[str]:
        """What the practices are called that the person belongs to, or did."""
        return [each.practice.name for each in self.memberships.select_related("practice")] if self.pk else []

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(passwords.normal(raw_password) if raw_password else raw_password)

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(passwords.normal(raw_password or ""))

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        return False  # roles decide here, see core.roles; Django's own permissions are not used
