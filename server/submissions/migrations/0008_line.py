from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("submissions", "0007_turn_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="line",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
