from django.apps import AppConfig


class ChecklistsConfig(AppConfig):
    name = "checklists"
    verbose_name = "Evaluations and their verdict"

    def ready(self) -> None:
        from checklists import checks  # noqa: F401  registers the system checks
