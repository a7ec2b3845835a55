"""Addresses of accounts and of signing in: of the library's pages only those that a closed house needs."""

from allauth.account import views as sign_in
from django.urls import include, path

from sooner.access import pages

urlpatterns = [
    path("sign-in/", sign_in.login, name="account_login"),
    path("sign-out/", sign_in.logout, name="account_logout"),
    path("sign-in/closed/", sign_in.account_inactive, name="account_inactive"),
    path("sign-in/confirm/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("account/password/", sign_in.password_change, name="account_change_password"),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("account/", pages.account, name="account"),
    path("account/keys/", pages.own_tokens, name="own-tokens"),
    path("account/keys/<int:pk>/end/", pages.own_token_end, name="own-token-end"),
    path("users/", pages.users, name="users"),
    path("users/new/", pages.user_new, name="user-new"),
    path("users/<int:pk>/", pages.user_edit, name="user"),
    path("users/<int:pk>/password/", pages.user_password, name="user-password"),
    path("users/<int:pk>/keys/", pages.user_tokens, name="user-tokens"),
    path("users/<int:pk>/keys/<int:token>/end/", pages.user_token_end, name="user-token-end"),
    path("users/<int:pk>/close/", pages.user_act, {"act": "close"}, name="user-close"),
    path("users/<int:pk>/reopen/", pages.user_act, {"act": "reopen"}, name="user-reopen"),
    path(
        "users/<int:pk>/remove-second-factor/",
        pages.user_act,
        {"act": "remove-second-factor"},
        name="user-remove-second-factor",
    ),
    path("break-glass/", pages.break_glass, name="break-glass"),
    path("break-glass/reviews/", pages.break_glass_reviews, name="break-glass-reviews"),
    path("break-glass/reviews/<int:pk>/", pages.break_glass_review, name="break-glass-review"),
    path("need-to-know/<str:reference>/", pages.need_to_know, name="need-to-know"),
    path(
        "need-to-know/<str:reference>/<int:pk>/withdraw/",
        pages.need_to_know_withdraw,
        name="need-to-know-withdraw",
    ),
]
