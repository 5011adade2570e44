from django.db import migrations, models

from server.common.migrations import AddIndexMeanwhile


class Migration(migrations.Migration):
    # Learners go on handing in while the index is built.
    atomic = False

    dependencies = [
        ("submissions", "0004_plain_labels"),
    ]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="cancel_cost",
            field=models.CharField(
                blank=True,
                choices=[("", "Uses no attempt"), ("unknown", "Not known yet"), ("attempt", "Uses an attempt")],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        AddIndexMeanwhile(
            model_name="submission",
            index=models.Index(fields=["finished_at"], name="being_stopped", condition=models.Q(cancel_cost="unknown")),
        ),
    ]
