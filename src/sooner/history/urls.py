from django.urls import path

from sooner.history import pages

urlpatterns = [
    path("ledger/", pages.ledger, name="ledger"),
    path("ledger/entries/<int:pk>/", pages.entry, name="ledger-entry"),
    path("ledger/checkpoints/", pages.checkpoints, name="checkpoints"),
    path("ledger/checkpoints/check/", pages.check, name="checkpoint-check"),
    path("ledger/checkpoints/<int:pk>/", pages.checkpoint_download, name="checkpoint-download"),
    path("ledger/key/", pages.key, name="ledger-key"),
]
