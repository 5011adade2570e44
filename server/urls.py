"""The URLs of the website. Each app has its own; this file sets their prefixes."""

from django.contrib import admin
from django.urls import include, path

from server.accounts.administration import use_one_sign_in
from server.accounts.sessions import session
from server.accounts.views import profile, sign_out_everywhere
from server.administration.site import limit_pages
from server.observability.views import healthz, metrics, readyz

use_one_sign_in(admin.site)
limit_pages(admin.site)

urlpatterns = [
    path("", include("server.home.urls")),
    path("", include("server.submissions.urls")),
    path("", include("server.drafts.urls")),
    path("", include("server.comments.urls")),
    path("", include("server.regrade_requests.urls")),
    path("", include("server.hints.urls")),
    path("", include("server.lessons.urls")),
    path("", include("server.invitations.urls")),
    path("", include("server.announcements.urls")),
    path("", include("server.notifications.urls")),
    path("", include("server.calendars.urls")),
    # Before the dashboard, whose addresses are more general.
    path("", include("server.course_setup.urls")),
    path("courses/<slug:slug>/teach/", include("server.dashboard.urls")),
    path("", include("server.sources.urls")),
    path("courses/<slug:slug>/teach/integrations/lms/", include("server.lti.course_urls")),
    path("courses/<slug:slug>/teach/integrations/", include("server.integrations.urls")),
    path("courses/<slug:slug>/teach/connections/", include("server.integrations.former_urls")),
    path("courses/<slug:slug>/teach/packages/", include("server.studio.urls")),
    path("courses/<slug:slug>/teach/regrades/", include("server.regrades.urls")),
    path("courses/<slug:slug>/teach/similarity/", include("server.similarity.urls")),
    path("courses/<slug:slug>/teach/people/", include("server.roster.urls")),
    path("courses/<slug:slug>/teach/people/", include("server.merging.urls")),
    path("lti/", include("server.lti.urls")),
    path("api/", include("server.api.urls")),
    path("accounts/session", session, name="session"),
    path("accounts/profile/", profile, name="profile"),
    path("accounts/sign-out-everywhere/", sign_out_everywhere, name="sign-out-everywhere"),
    path("accounts/data/", include("server.privacy.urls")),
    path("accounts/", include("allauth.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("administration/", include("server.administration.urls")),
    path("admin/", admin.site.urls),
]
