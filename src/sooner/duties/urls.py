from django.urls import path

from sooner.duties import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("late/", pages.late, name="late"),
    path("duties/<int:pk>/", pages.duty, name="duty"),
    path("duties/<int:pk>/extend/", pages.duty_extend, name="duty-extend"),
    path("duties/<int:pk>/reassign/", pages.duty_reassign, name="duty-reassign"),
]
