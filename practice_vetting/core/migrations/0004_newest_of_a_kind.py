# An index only. On PostgreSQL it is made beside what goes on, because the ledger is the longest table there is.

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexBeside(AddIndexConcurrently):
    """AddIndexConcurrently, and on SQLite, where nobody writes meanwhile, AddIndex."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('core', '0003_reminder_rounds'),
    ]

    operations = [
        AddIndexBeside(
            model_name='ledgerentry',
            index=models.Index(fields=['practice_uid', 'record_kind', '-seq'], name='ledger_newest_of_a_kind'),
        ),
    ]
