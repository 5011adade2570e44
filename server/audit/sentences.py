"""The entries of the audit log as sentences."""

from server.audit.models import AuditAction, AuditEntry, Origin

A = AuditAction

# `who` did it; `about` is the person that it concerns.
SENTENCES: dict[AuditAction, str] = {
    A.OVERRIDDEN: "{who} set the grade of {about} in {what}: {change}.",
    A.EXEMPTED: "{who} changed if {about} is exempt from {what}: {change}.",
    A.EXTENDED: "{who} changed the extension of {about} in {what}: {change}.",
    A.UNDONE: "{who} undid a decision about {about} in {what}: {change}.",
    A.ACCOMMODATED: "{who} changed the time that {about} has in every assignment: {change}.",
    A.REGRADE_STARTED: "{who} began a preview of a regrade of {what}: {after}.",
    A.REGRADE_APPLIED: "{who} applied a regrade of {what}: {after}.",
    A.REGRADE_REVERTED: "{who} took back a regrade of {what}: {after}.",
    A.REGRADE_DISCARDED: "{who} discarded the preview of a regrade of {what}.",
    A.REGRADE_UNDONE: "{who} took back a regrade of {what} for {about}.",
    A.REGRADE_REQUESTED: "{who} asked for a regrade of {what}.",
    A.REQUEST_ANSWERED: "{who} answered a regrade request of {about} about {what}: {after}.",
    A.COMMENT_DELETED: "{who} deleted a comment on a submission of {about} to {what}.",
    A.SOURCES_DOWNLOADED: "{who} downloaded {after} of {what}.",
    A.ENROLLED: "{who} added {about} to the course as {after}.",
    A.ROLE_CHANGED: "{who} changed the role of {about}: {change}.",
    A.REMOVED: "{who} removed {about} from the course (was {before}).",
    A.SECTION_ADDED: "{who} added the section {what}.",
    A.SECTION_RENAMED: "{who} renamed a section: {change}.",
    A.SECTION_DELETED: "{who} deleted the section {what}.",
    A.SECTION_CHANGED: "{who} changed the section of {about}: {change}.",
    A.LIMITED: "{who} changed whom {about} sees: {change}.",
    A.MERGED: "{who} merged the account {what} into that of {about}: {after}.",
    A.DATA_EXPORTED: "{who} exported the data of {about}.",
    A.ERASED: "{who} erased {what}: {after}.",
    A.MADE_ANONYMOUS: "{who} made {what} anonymous: {after}.",
    A.CODE_MADE: "{who} made a course code for students: {after}.",
    A.CODE_WITHDRAWN: "{who} closed a course code for students.",
    A.ANNOUNCED: "{who} announced “{what}”: {after}.",
    A.DETAILS_CHANGED: "{who} changed name or address of {about}: {change}.",
    A.DEACTIVATED: "{who} switched the account of {about} off.",
    A.REACTIVATED: "{who} switched the account of {about} on.",
    A.ADMINISTRATOR_MADE: "{who} made {about} an administrator.",
    A.ADMINISTRATOR_UNMADE: "{who} took the rights of an administrator from {about}.",
    A.PASSWORD_LINK_SENT: "{who} sent {about} a link for a new password.",
    A.FACTOR_REMOVED: "{who} removed the second factor of {about}.",
    A.SIGNED_OUT: "{who} signed {about} out everywhere.",
    A.ASSIGNMENT_ADDED: "{who} added the assignment {what}.",
    A.ASSIGNMENT_REMOVED: "{who} removed the assignment {what}.",
    A.TERMS_CHANGED: "{who} changed the terms of {what}: {change}.",
    A.PUBLISHED: "{who} published the assignment {what}.",
    A.MADE_DRAFT: "{who} made the assignment {what} a draft again.",
    A.PACKAGE_MADE: "{who} made the package {what}: {after}.",
    A.PACKAGE_DELETED: "{who} deleted the package {what}.",
    A.VERSION_MADE: "{who} made {after} of the package {what}.",
    A.PACKAGE_PUBLISHED: "{who} published {after} of the package {what}.",
    A.PACKAGE_WITHDRAWN: "{who} withdrew the package {what} from new assignments.",
    A.PACKAGE_RESTORED: "{who} offered the withdrawn package {what} again.",
    A.PACKAGE_SHARED: "{who} shared the package {what} with the course {after}.",
    A.SOURCE_ADDED: "{who} added the Git source {what}.",
    A.SOURCE_CHANGED: "{who} changed the Git source {what}: {after}.",
    A.SOURCE_REMOVED: "{who} removed the Git source {what}.",
    A.PACKAGE_UNSHARED: "{who} ended that the course {after} can use the package {what}.",
    A.TOKEN_MADE: "{who} created the API token {what}: {after}.",
    A.TOKEN_REVOKED: "{who} revoked the API token {what}.",
    A.TOKEN_TAKEN_OVER: "{who} took over the API token {what}: {change}.",
    A.WEBHOOK_ADDED: "{who} added the webhook {what}: {after}.",
    A.WEBHOOK_SECRET: "{who} replaced the secret of the webhook {what}.",
    A.WEBHOOK_ENABLED: "{who} enabled the webhook {what}.",
    A.WEBHOOK_DISABLED: "{who} disabled the webhook {what}.",
    A.WEBHOOK_DELETED: "{who} deleted the webhook {what}.",
    A.PLATFORM_INVITED: "{who} made a link with which a learning platform can register.",
    A.PLATFORM_UNINVITED: "{who} withdrew a link with which a learning platform could register.",
    A.PLATFORM_ADDED: "{who} registered the learning platform {what}.",
    A.PLATFORM_CHANGED: "{who} changed the learning platform {what}: {after}.",
    A.PLATFORM_ENABLED: "{who} enabled the learning platform {what}.",
    A.PLATFORM_DISABLED: "{who} disabled the learning platform {what}.",
    A.PLATFORM_DELETED: "{who} deleted the learning platform {what}.",
    A.DEPLOYMENT_APPROVED: "{who} approved the deployment {what}.",
    A.DEPLOYMENT_CLOSED: "{who} withdrew the approval of the deployment {what}.",
    A.LMS_COURSE_LINKED: "{who} linked the LMS course {what}: {change}.",
    A.PLATFORM_SHARED: "{who} confirmed that two registrations of {what} are one platform with one people: {after}.",
    A.PLATFORM_UNSHARED: "{who} ended that registrations of {what} share their people.",
    A.COLUMN_DISMISSED: "{who} dismissed a column of the LMS: {what}. It gets no grades any more.",
    A.COLUMN_RESTORED: "{who} brought back a dismissed column of the LMS: {what}.",
    A.COURSE_MADE: "{who} made the course {what}.",
    A.COURSE_COPIED: "{who} made the course as a copy of {what}: {after}.",
    A.COURSE_CHANGED: "{who} changed the settings of the course: {change}.",
    A.COURSE_ARCHIVED: "{who} archived the course.",
    A.COURSE_REOPENED: "{who} opened the archived course again.",
    A.ADMIN_ADDED: "{who} added {what} on the administration pages.",
    A.ADMIN_CHANGED: "{who} changed {what} on the administration pages: {after}.",
    A.ADMIN_DELETED: "{who} deleted {what} on the administration pages.",
    A.BACKUP_TESTED: "{who} restored {what} on another machine, and it works.",
}
# Who acted if nobody was signed in.
NOBODY = {
    Origin.PAGE: "A deleted account",
    Origin.API: "An API token",
    Origin.LMS: "The LMS",
    Origin.COMMAND: "A command on the server",
    Origin.SYSTEM: "The system",
}


def sentence(entry: AuditEntry) -> str:
    """Return what an entry says, in one sentence."""
    if entry.action == A.ENROLLED and entry.by_id is not None and entry.by_id == entry.about_id:
        return f"{_about(entry)} joined the course as {entry.after}."
    before = entry.before or "nothing"
    return SENTENCES[AuditAction(entry.action)].format(
        who=entry.by.display_name if entry.by else NOBODY[Origin(entry.origin)],
        about=_about(entry),
        what=entry.what or "something",
        before=before,
        after=entry.after or "nothing",
        change=f"{before} → {entry.after or 'nothing'}",
    )


def _about(entry: AuditEntry) -> str:
    return entry.about.display_name if entry.about else "a deleted account"
