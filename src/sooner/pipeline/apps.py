from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "sooner.pipeline"
