from django.urls import path

from sooner.people import pages

urlpatterns = [
    path("people/<int:pk>/", pages.person, name="person"),
    path("people/<int:pk>/correct/", pages.person_correct, name="person-correct"),
    path("people/<int:pk>/same/", pages.person_link, name="person-link"),
    path("people/<int:pk>/records/", pages.person_records, name="person-records"),
    path("linkage/", pages.linkage, name="linkage"),
    path("linkage/review/", pages.linkage_review, name="linkage-review"),
    path("people/<int:pk>/export/", pages.person_export, name="person-export"),
    path("households/<int:pk>/", pages.household, name="household"),
    path("extracts/", pages.extracts, name="extracts"),
    path("extracts/<int:pk>/", pages.extract, name="extract"),
]
