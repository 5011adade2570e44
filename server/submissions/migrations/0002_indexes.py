import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce

from server.common.migrations import AddIndexMeanwhile


class Migration(migrations.Migration):
    # Learners go on handing in while the indexes are built.
    atomic = False

    dependencies = [
        ("gradebook", "0004_slugs"),
        ("submissions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexMeanwhile(
            model_name="submission",
            index=models.Index(fields=["assignment", "submitted_at"], name="by_assignment_and_time"),
        ),
        AddIndexMeanwhile(
            model_name="submission",
            index=models.Index(fields=["assignment", "kind", "id"], name="by_assignment_and_id"),
        ),
        AddIndexMeanwhile(
            model_name="submission",
            index=models.Index(
                models.F("assignment"), Coalesce("finished_at", "sent_at"), name="by_assignment_and_change"
            ),
        ),
        # Other indexes begin with these, and each one costs every submission.
        migrations.AlterField(
            model_name="submission",
            name="assignment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions",
                to="gradebook.assignment",
            ),
        ),
        migrations.AlterField(
            model_name="submission",
            name="learner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
