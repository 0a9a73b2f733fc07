"""The pages of allauth, at our addresses and in our words. It asks for them by these names, without a namespace."""

from django.urls import path

from practice_vetting.core.views import account, forgotten_password, second_factor, second_step, sign_in, single_sign_on

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-in/with/<slug:provider_id>/", single_sign_on.start, name="openid_connect_login"),
    path("sign-in/with/<slug:provider_id>/callback/", single_sign_on.callback, name="openid_connect_callback"),
    path("sign-in/second-factor/", second_step.second_step, name="mfa_authenticate"),
    path("sign-in/passkey/", second_step.passkey_sign_in, name="mfa_login_webauthn"),
    path("sign-out/", sign_in.sign_out, name="account_logout"),
    path("forgotten-password/", forgotten_password.forgotten, name="account_reset_password"),
    path("set-password/<str:token>/", forgotten_password.set_password, name="set_password"),
    path("account/", account.account, name="account"),
    path("account/password/", account.change_password, name="account_change_password"),
    path("account/email/", account.change_email, name="account_email"),
    path("account/email/confirm/<str:token>/", account.confirm_email, name="confirm_email"),
    path("account/sessions/", account.list_sessions, name="usersessions_list"),
    path("account/sessions/end/", account.end_other_sessions, name="end_other_sessions"),
    path("account/sessions/<str:uid>/end/", account.end_session, name="end_session"),
    path("account/again/", second_step.say_again, name="account_reauthenticate"),
    path("account/second-factor/", second_factor.overview, name="mfa_index"),
    path("account/second-factor/needed/", second_factor.needed, name="second_factor_needed"),
    path("account/second-factor/app/", second_factor.add_app, name="mfa_activate_totp"),
    path("account/second-factor/passkey/", second_factor.add_passkey, name="mfa_add_webauthn"),
    path("account/second-factor/<str:factor_id>/name/", second_factor.rename, name="mfa_edit_webauthn"),
    path("account/second-factor/<str:factor_id>/remove/", second_factor.remove, name="mfa_remove_webauthn"),
    path("account/second-factor/codes/", second_factor.recovery_codes, name="mfa_view_recovery_codes"),
    path("account/second-factor/codes/new/", second_factor.make_codes, name="mfa_generate_recovery_codes"),
    path("account/second-factor/codes/download/", second_factor.download_codes, name="mfa_download_recovery_codes"),
    path("account/close/", account.close_account, name="close_account"),
]
