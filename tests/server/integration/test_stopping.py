"""A website that is asked to stop does so, whoever is watching."""

import urllib.request

import pytest

from deploy.setup.processes import free_port, running, wait_until
from tests.server.integration.test_whole_flow import python
from tests.system import answers, website_command

pytestmark = pytest.mark.slow

HAND_IN_AND_SIGN_IN = """
from django.test import Client
from server.demo.samples import submit_samples
(submission,) = submit_samples(["gradients/sum-of-matrix"])
client = Client()
client.force_login(submission.learner)
print(submission.pk, client.cookies["sessionid"].value)
"""


def test_a_page_that_follows_a_submission_keeps_no_website_from_stopping(idle, tmp_path):
    submission, session = python(idle, HAND_IN_AND_SIGN_IN).split()
    port, log = free_port(), tmp_path / "web.log"
    url = f"http://127.0.0.1:{port}"
    events = urllib.request.Request(
        f"{url}/submissions/{submission}/events", headers={"Cookie": f"sessionid={session}"}
    )

    with running("the website", website_command(port), log=log, env=idle.env) as website:
        wait_until(lambda: answers(url), name="the website", process=website, log=log)
        with urllib.request.urlopen(events, timeout=30) as stream:
            assert stream.readline() == b"event: progress\n"
            website.terminate()

            assert website.wait(30) == 0
            assert b"event: over" not in stream.read()
