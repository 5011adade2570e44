"""What the measurements with many learners share: accounts, a backlog, and what their pages contain.

It does not import locust, which changes the standard library of its process.
"""

import re

COURSE = "/courses/autograd-demo/exercises"
EVENTS_ADDRESS = re.compile(r'data-events="([^"]+)"')
CSRF_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
DRAFT_VERSION = re.compile(r'data-version="(\d+)"')
# The names of what `students` reports to `load`.
SUBMIT_TO_SCORE, PAGE, PAGE_IN_STORM, SIGN_IN = "submit to score", "page", "page in the storm", "sign in"
# The password of every student of `load`.
PASSWORD = "a password of the load"
# Accounts load1, load2 ... whose name is the password.
PEOPLE = """
from django.contrib.auth.hashers import make_password
from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
course = Course.objects.get(slug="autograd-demo")
names = [f"load{{number}}" for number in range(1, {count} + 1)]
people = [User(username=name, password=make_password(name), is_demo=True) for name in names]
people = User.objects.bulk_create(people)
Enrollment.objects.bulk_create(Enrollment(course=course, user=one, role=Role.STUDENT) for one in people)
"""
# Four submissions of each learner: five can be open.
BACKLOG = """
from grader.packages.catalogue import find_package
from server.accounts.models import User
from server.gradebook.models import Assignment
from server.submissions import services
slug = "gradients/two-variables"
assignment = Assignment.objects.get(course__slug="autograd-demo", slug=slug)
source = find_package(slug).solution
for number in range({count}):
    learner = User.objects.get(username=f"load{{1 + number // 4}}")
    services.submit(learner=learner, assignment=assignment, source=source)
"""


def run(system, script):
    """Run a script in the system's Django shell."""
    done = system.manage("shell", "--no-imports", "-c", script)
    assert done.returncode == 0, done.stderr
