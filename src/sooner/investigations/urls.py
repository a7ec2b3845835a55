from django.urls import path

from sooner.investigations import pages

urlpatterns = [
    path("investigations/", pages.investigations, name="investigations"),
    path("investigations/<int:pk>/", pages.investigation, name="investigation"),
    path("investigations/<int:pk>/allocate/", pages.allocate, name="investigation-allocate"),
    path("investigations/<int:pk>/review/", pages.review, name="investigation-review"),
    path("investigations/<int:pk>/step/", pages.step, name="investigation-step"),
    path("investigations/<int:pk>/kirat/", pages.kirat, name="investigation-kirat"),
    path("investigations/<int:pk>/suicide-risk/", pages.suicide_risk, name="investigation-suicide-risk"),
    path("investigations/<int:pk>/actions/", pages.add_action, name="investigation-action-add"),
    path("investigations/<int:pk>/priority/", pages.lower, name="investigation-lower"),
    path("investigations/<int:pk>/team/", pages.reroute, name="investigation-reroute"),
    path("investigations/<int:pk>/restrict/", pages.restrict, name="investigation-restrict"),
    path("investigations/<int:pk>/close/", pages.close, name="investigation-close"),
    path("actions/<int:pk>/", pages.action, name="investigation-action"),
]
