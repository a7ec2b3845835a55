"""Pages that belong to no room and show nothing of any case."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """How accessible the service is, and whom to tell when it is not. Open to everybody."""
    return render(request, "web/accessibility.html")
