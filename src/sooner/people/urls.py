from django.urls import path

from sooner.people import pages

urlpatterns = [
    path("people/<int:pk>/", pages.person, name="person"),
    path("people/<int:pk>/correct/", pages.person_correct, name="person-correct"),
    path("people/<int:pk>/same/", pages.person_link, name="person-link"),
    path("people/<int:pk>/export/", pages.person_export, name="person-export"),
    path("households/<int:pk>/", pages.household, name="household"),
    path("extracts/", pages.extracts, name="extracts"),
    path("extracts/<int:pk>/", pages.extract, name="extract"),
]
