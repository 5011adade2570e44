from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gradebook", "0009_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="results_held",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Students see that their work was received, and nothing else.",
            ),
        ),
        migrations.AddField(
            model_name="assignment", name="release_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="assignment",
            name="released_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="assignment",
            name="bonus_points",
            field=models.FloatField(
                db_default=0,
                default=0,
                help_text="How many points above the maximum can be given by hand.",
                validators=[MinValueValidator(0), MaxValueValidator(1000000)],
            ),
        ),
    ]
