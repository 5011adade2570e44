"""What becomes of each kind of row that belongs to an account. Every relation to accounts has its line here.

A test compares the lines with the models: a new relation without a line fails it.
"""

from collections.abc import Mapping

# The person of these rows becomes the kept account.
MOVED: Mapping[str, str] = {
    "insights.FailedCheck.learner": "failed checks",
    "lessons.SnippetRun.learner": "runs of lessons",
    "hints.HintUse.learner": "hints",
    "comments.Comment.author": "comments",
    "comments.Comment.deleted_by": "deleted comments",
    "comments.SavedComment.by": "saved comments",
    "regrade_requests.RegradeRequest.answered_by": "answers to regrade requests",
    "announcements.Announcement.author": "announcements",
    "mail.Mail.recipient": "e-mails",
    "notifications.News.user": "news that wait for their mail",
    "packages.CoursePackage.published_by": "publications of packages",
    "packages.PackageVersion.made_by": "versions of packages",
    "packages.DraftFile.changed_by": "files of packages",
    "packages.PackageRun.by": "runs of files of packages",
    "courses.FormerEnrollment.by": "removals",
    "courses.Course.made_by": "courses",
    "invitations.Invitation.by": "course codes",
    "gradebook.Accommodation.by": "accommodations for others",
    "regrades.Regrade.by": "regrades",
    "similarity.Comparison.by": "comparisons",
    "api.ApiToken.owner": "tokens of courses",
    "api.ApiToken.learner": "personal tokens",
    "lti.Identity.user": "identities in learning platforms",
    "lti.Selection.user": "open selections",
    "lti.PlatformInvitation.by": "invitations of platforms",
    "accounts.User.merged_into": "accounts that were merged before",
}
# These have rules of their own in `services`.
WITH_RULES = frozenset(
    {
        "submissions.Submission.learner",
        "gradebook.Accommodation.learner",
        "gradebook.Grade.learner",
        "gradebook.GradeChange.learner",
        "gradebook.GradeChange.by",
        "drafts.Draft.learner",
        "courses.Enrollment.user",
        "courses.FormerEnrollment.user",
        "courses.AssistantLimit.user",
    }
)
# These stay with the former account: the log is never changed, sign-in data would open the kept account, and the kept
# account has settings of its own.
LEFT = frozenset(
    {
        "comments.CommentRead.user",
        "mail.SwitchedOff.user",
        "calendars.CalendarFeed.user",
        "notifications.Reminder.learner",
        "audit.AuditEntry.by",
        "audit.AuditEntry.about",
        "admin.LogEntry.user",
        "account.EmailAddress.user",
        "mfa.Authenticator.user",
    }
)
# Rights and authorship that a plain student's account does not have.
RIGHTS = frozenset(
    {
        "packages.CoursePackage.published_by",
        "packages.PackageVersion.made_by",
        "packages.DraftFile.changed_by",
        "packages.PackageRun.by",
        "comments.Comment.deleted_by",
        "comments.SavedComment.by",
        "regrade_requests.RegradeRequest.answered_by",
        "announcements.Announcement.author",
        "courses.FormerEnrollment.by",
        "courses.Course.made_by",
        "invitations.Invitation.by",
        "gradebook.Accommodation.by",
        "regrades.Regrade.by",
        "similarity.Comparison.by",
        "api.ApiToken.owner",
        "api.ApiToken.learner",
        "lti.Selection.user",
        "lti.PlatformInvitation.by",
        "gradebook.GradeChange.by",
        "mfa.Authenticator.user",
    }
)
