# Additive: what the release before does not know, it leaves alone; a practice without a round is looked at whole.

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_clock_turn'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReminderRound',
            fields=[
                ('practice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='reminder_round', serialize=False, to='core.practice')),
                ('on', models.DateField()),
                ('seq', models.PositiveBigIntegerField()),
                ('waiting', models.BooleanField(default=False)),
            ],
        ),
    ]
