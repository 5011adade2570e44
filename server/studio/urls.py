"""Addresses of the studio, below a course's teaching pages."""

from django.urls import path

import server.submissions.urls  # noqa: F401 brings the converter `assignment`
from server.studio.views import editing, making, publishing, running, verifying

app_name = "studio"
urlpatterns = [
    path("new", making.new, name="new"),
    path("copy", making.copy, name="copy"),
    path("upload", making.upload, name="upload"),
    path("guide", editing.guide, name="guide"),
    path("runs/<uuid:pk>", running.run, name="run"),
    path("runs/<uuid:pk>/figures/<slug:name>", running.figure, name="figure"),
    path("runs/<uuid:pk>/keep", running.keep, name="keep"),
    path("verifications/<uuid:pk>", verifying.verification, name="verification"),
    path("verifications/<uuid:pk>/mistakes", verifying.write_mistakes, name="write-mistakes"),
    path("<assignment:package>/", editing.package, name="package"),
    path("<assignment:package>/save", editing.save, name="save"),
    path("<assignment:package>/add", editing.add, name="add"),
    path("<assignment:package>/rename", editing.rename, name="rename"),
    path("<assignment:package>/remove", editing.remove, name="remove"),
    path("<assignment:package>/starter", editing.write_starter, name="write-starter"),
    path("<assignment:package>/file", editing.file, name="file"),
    path("<assignment:package>/preview", editing.preview, name="preview"),
    path("<assignment:package>/run", running.start, name="start"),
    path("<assignment:package>/try", running.as_student, name="try"),
    path("<assignment:package>/try/run", running.try_run, name="try-run"),
    path("<assignment:package>/verify", verifying.verify, name="verify"),
    path("<assignment:package>/versions/", publishing.versions, name="versions"),
    path("<assignment:package>/compare", publishing.compare, name="compare"),
    path("<assignment:package>/publish", publishing.publish, name="publish"),
    path("<assignment:package>/withdraw", publishing.withdraw, name="withdraw"),
    path("<assignment:package>/share", publishing.share, name="share"),
    path("<assignment:package>/delete", publishing.delete, name="delete"),
    path("<assignment:package>/take", publishing.take, name="take"),
    path("<assignment:package>/download", publishing.download, name="download"),
]
