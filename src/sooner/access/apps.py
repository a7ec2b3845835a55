from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "sooner.access"

    def ready(self) -> None:
        from sooner.access import scopes, sign_in

        sign_in.connect()
        scopes.register()
