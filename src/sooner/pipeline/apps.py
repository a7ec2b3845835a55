from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "sooner.pipeline"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from sooner.intake.process import register_first_pass
        from sooner.ledger.work import subscribe
        from sooner.pipeline.bulk_lists import quicken_lists
        from sooner.pipeline.run import first_pass, write_tasks

        connection_created.connect(quicken_lists, dispatch_uid="quicken-lists")
        subscribe(write_tasks)
        register_first_pass(first_pass)
