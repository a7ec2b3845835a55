from django.urls import path

from sooner.intake import pages

urlpatterns = [
    path("receive/", pages.receive, name="receive"),
    path("receive/done/", pages.received, name="received"),
    path("receive/template.csv", pages.csv_template, name="csv-template"),
    path("documents/", pages.documents, name="documents"),
    path("documents/<int:pk>/", pages.document, name="document"),
    path("documents/<int:pk>/bytes/", pages.raw, name="document-bytes"),
    path("referrals/", pages.referrals, name="referrals"),
    path("referrals/<int:pk>/", pages.referral, name="referral"),
    path("referrals/<int:pk>/people/<int:place>/", pages.referral_person, name="referral-person"),
    path("referrals/<int:pk>/version-read/", pages.referral_version_read, name="referral-version-read"),
    path("referrals/<int:pk>/close/", pages.referral_close, name="referral-close"),
]
