"""Comments on submissions: on the whole of one, or on lines of its code, by its learner and by teachers.

models       comments, their earlier texts, who has read which, and the texts that a course keeps for reuse
services     every write: comment, edit, delete, mark as read
selectors    whose comments a person sees, in threads; what is unread; the inbox of the teachers
rendering    Markdown to safe HTML
views        the parts of a submission's page that change, and the inbox
"""
