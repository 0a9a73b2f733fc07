# Indexes only, each over the few rows that can still come up: what the clock finds in all practices at once.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('vendors', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='evidence',
            index=models.Index(condition=models.Q(('quarantined_at', None)), fields=['expires_on'], name='evidence_expires'),
        ),
        migrations.AddIndex(
            model_name='reviewtrigger',
            index=models.Index(condition=models.Q(('answered_by', None), ('set_aside_at', None)), fields=['practice', 'due_on'], name='trigger_open'),
        ),
        migrations.AddIndex(
            model_name='rolloutstep',
            index=models.Index(condition=models.Q(('step', 6), ('taken_back_on', None)), fields=['next_on'], name='rollout_decided_again'),
        ),
    ]
