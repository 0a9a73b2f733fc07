"""Second factors for the tests: an app on a phone, a passkey that no browser made, and a sign-in in two steps."""

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from practice_vetting.core.accounts import second_factor
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.models import Person
from tests.core.soft_passkey import SoftPasskey
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str = SECRET) -> str:
    """What the app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def give_app(person: Person) -> Authenticator:
    app = second_factor.authenticator_app(person, SECRET)
    second_factor.add_factor(by=person, factor=app, where=Where())
    return app


def give_passkey(person: Person, name: str = "Office computer") -> Authenticator:
    passkey = second_factor.passkey(person, name=name, credential=SoftPasskey().registration("AAAA"))
    second_factor.add_factor(by=person, factor=passkey, where=Where())
    return passkey


def give_password(client: Client, person: Person, **more: str) -> Any:
    return client.post("/sign-in/", {"login": person.email, "password": PASSWORD, **more})


def give_code(client: Client, code: str) -> Any:
    return client.post("/sign-in/second-factor/", {"code": code})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
