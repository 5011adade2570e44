from django.db import migrations, models

from server.common.migrations import AddIndexMeanwhile


class Migration(migrations.Migration):
    # Learners go on handing in while the indexes are built.
    atomic = False

    dependencies = [
        ("submissions", "0006_turns"),
    ]

    operations = [
        AddIndexMeanwhile(
            model_name="submission",
            index=models.Index(
                fields=["runtime", "turn_course", "turn_at", "id"],
                name="in_line",
                condition=models.Q(finished_at__isnull=True, turn_at__isnull=False),
            ),
        ),
        AddIndexMeanwhile(
            model_name="submission",
            index=models.Index(
                fields=["runtime", "sent_at"],
                name="with_graders",
                condition=models.Q(finished_at__isnull=True, turn_at__isnull=True),
            ),
        ),
        AddIndexMeanwhile(
            model_name="submission",
            index=models.Index(
                fields=["learner"], name="open_of_a_learner", condition=models.Q(finished_at__isnull=True)
            ),
        ),
    ]
