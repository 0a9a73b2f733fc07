"""How allauth behaves here: nobody signs up by themselves, and every sign-in is told to the ledger."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from django.http import HttpRequest, HttpResponse

from practice_vetting.core.models import Membership
from practice_vetting.core.people import sign_in


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **options: Any) -> None:
        """Pages speak in our own words, and a page that opens says enough."""

    def post_login(self, request: HttpRequest, user: Any, **details: Any) -> HttpResponse:
        for membership in Membership.objects.filter(person=user, ended_on=None).select_related("practice"):
            sign_in(membership=membership, by=user, address=self.get_client_ip(request))
        return super().post_login(request, user, **details)


def address_of(request: HttpRequest) -> str:
    """The address a request came from, of which a proxy tells only where settings trust one."""
    return str(get_adapter(request).get_client_ip(request))
