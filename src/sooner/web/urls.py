"""Pages that belong to no room."""

from django.urls import path

from sooner.web import pages

urlpatterns = [path("accessibility/", pages.accessibility, name="accessibility")]
