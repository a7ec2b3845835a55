from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "sooner.pipeline"

    def ready(self) -> None:
        from sooner.intake.process import register_first_pass
        from sooner.ledger.work import subscribe
        from sooner.pipeline.run import first_pass, write_tasks

        subscribe(write_tasks)
        register_first_pass(first_pass)
