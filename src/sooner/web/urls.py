"""Pages that belong to no room."""

from django.urls import path
from django.views.generic import RedirectView

from sooner.web import pages

urlpatterns = [
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("favicon.ico", RedirectView.as_view(url="/static/sooner/mark.svg")),
]
