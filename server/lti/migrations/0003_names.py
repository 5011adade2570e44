"""Two models get clear names. Their tables keep their names, so nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lti", "0002_comparing"),
    ]

    operations = [
        migrations.AlterModelTable(name="link", table="lti_link"),
        migrations.RenameModel(old_name="Link", new_name="ResourceLink"),
        migrations.AlterModelTable(name="invitation", table="lti_invitation"),
        migrations.RenameModel(old_name="Invitation", new_name="PlatformInvitation"),
        migrations.AlterField(
            model_name="platform",
            name="token_audience",
            field=models.CharField(
                blank=True,
                help_text="Only if the platform names one. Otherwise it is the access token URL.",
                max_length=500,
            ),
        ),
    ]
