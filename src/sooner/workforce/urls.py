from django.urls import path

from sooner.workforce import pages

urlpatterns = [
    path("staff/", pages.staff, name="staff"),
    path("staff/<int:pk>/", pages.member, name="staff-member"),
    path("staff/<int:pk>/capacity/", pages.capacity, name="staff-capacity"),
    path("staff/<int:pk>/skills/", pages.competence, name="staff-competence"),
    path("staff/<int:pk>/absence/", pages.absence, name="staff-absence"),
]
