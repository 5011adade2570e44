"""URLs of a course's LMS links, and of its grades in the LMS."""

from django.urls import path

from server.lti.views import links, scores

app_name = "lms"
urlpatterns = [
    path("", links.index, name="links"),
    path("invite", links.invite, name="invite"),
    path("invitations/<int:pk>/withdraw", links.withdraw, name="withdraw"),
    path("platforms/new", links.new, name="new"),
    path("platforms/<int:pk>/", links.platform, name="platform"),
    path("platforms/<int:pk>/switch", links.switch, name="switch"),
    path("platforms/<int:pk>/delete", links.delete, name="delete"),
    path("deployments/<int:pk>/approve", links.approve, name="approve"),
    path("deployments/<int:pk>/close", links.close, name="close"),
    path("courses/<int:pk>/link", links.link_course, name="link"),
    path("courses/<int:pk>/roster", links.roster, name="roster"),
    path("scores/", scores.index, name="scores"),
    path("scores/compare", scores.compare_all, name="compare-all"),
    path("platforms/<int:pk>/share", links.share, name="share"),
    path("platforms/<int:pk>/stop-sharing", links.stop_sharing, name="stop-sharing"),
    path("scores/send-now", scores.send_all_now, name="send-all-now"),
    path("scores/<int:pk>/send-now", scores.send_now, name="send-now"),
    path("scores/<int:pk>/dismiss", scores.dismiss, name="dismiss"),
    path("scores/<int:pk>/restore", scores.restore, name="restore"),
    path("scores/resend", scores.resend_failed, name="resend-failed"),
    path("scores/<int:pk>/", scores.column, name="column"),
    path("scores/<int:pk>/compare", scores.compare, name="compare"),
    path("scores/<int:pk>/resend", scores.resend, name="resend"),
]
