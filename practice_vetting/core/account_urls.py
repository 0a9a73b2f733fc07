"""The pages of allauth, at our addresses and in our words. It asks for them by these names, without a namespace."""

from django.urls import path

from practice_vetting.core.views import account, sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-out/", sign_in.sign_out, name="account_logout"),
    path("account/", account.account, name="account"),
]
