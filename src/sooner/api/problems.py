"""Middleware: what goes wrong below /api/ before an operation is reached is told as JSON, not as a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from sooner.api.main import problem

WORDS = {
    400: "The request was not understood.",
    403: "This is not allowed.",
    404: "There is no such address.",
    405: "This address does not take that method.",
    413: "The request is too large.",
    500: "Something went wrong here. Nothing was half done; try again.",
}


class ProblemsAsJson:
    """Rewrites error pages of addresses below /api/ as a `Problem`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/api/") or response.status_code < 400:
            return response
        if response.get("Content-Type", "").startswith("application/json"):
            return response
        words = WORDS.get(response.status_code, "The request was refused.")
        return _retold(response, problem(response.status_code, words))


def _retold(response: HttpResponse, told: HttpResponse) -> HttpResponse:
    """The same answer, its headers kept, with the problem as its body."""
    response.content = told.content
    response["Content-Type"] = told["Content-Type"]
    if response.has_header("Content-Length"):
        response["Content-Length"] = str(len(told.content))
    return response
