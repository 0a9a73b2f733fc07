from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "practice_vetting.core"
    label = "core"
    verbose_name = "Practice, people and proof"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from practice_vetting.core import checks, forks, task_tracing, triggers  # noqa: F401  what they register

        post_migrate.connect(triggers.install, sender=self, dispatch_uid="core.triggers")
