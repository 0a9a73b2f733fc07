from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "practice_vetting.core"
    label = "core"
    verbose_name = "Practice, people and proof"

    def ready(self) -> None:
        from practice_vetting.core import checks  # noqa: F401  registers the system checks
