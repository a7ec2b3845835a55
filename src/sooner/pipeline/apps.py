from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "sooner.pipeline"

    def ready(self) -> None:
        from sooner.ledger.work import subscribe
        from sooner.pipeline.run import write_tasks

        subscribe(write_tasks)
