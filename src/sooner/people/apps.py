from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "sooner.people"

    def ready(self) -> None:
        from sooner.access.decide import register_scope
        from sooner.duties.links import register_label
        from sooner.people.models import Person
        from sooner.people.queries import labels
        from sooner.people.scopes import persons

        register_scope(Person, persons)
        register_label("person", labels)
