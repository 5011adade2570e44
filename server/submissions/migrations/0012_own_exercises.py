from django.db import migrations, models

from server.common.migrations import AddIndexMeanwhile


class Migration(migrations.Migration):
    # Learners go on handing in while the index is built.
    atomic = False

    dependencies = [("submissions", "0011_packages")]

    operations = [
        AddIndexMeanwhile(
            model_name="submission",
            index=models.Index(
                fields=["digest"], name="of_own_exercises", condition=models.Q(("library", ""), _negated=True)
            ),
        ),
    ]
