"""A website stops after SIGTERM, even if a page follows a submission."""

import urllib.request
from dataclasses import replace

import pytest

from deploy.dev.processes import free_port
from tests.server.integration.test_whole_flow import python

pytestmark = pytest.mark.slow

SUBMIT_AND_SIGN_IN = """
from django.test import Client
from server.demo.samples import submit_samples
(submission,) = submit_samples(["gradients/sum-of-matrix"])
client = Client()
client.force_login(submission.learner)
print(submission.pk, client.cookies["sessionid"].value)
"""


def test_an_open_event_stream_does_not_block_shutdown(idle, tmp_path):
    submission, session = python(idle, SUBMIT_AND_SIGN_IN).split()
    system = replace(idle, port=free_port(), folder=tmp_path)
    events = urllib.request.Request(
        f"{system.url}/submissions/{submission}/events", headers={"Cookie": f"sessionid={session}"}
    )

    with system.website() as website, urllib.request.urlopen(events, timeout=30) as stream:
        assert stream.readline() == b"event: progress\n"
        website.terminate()

        assert website.wait(30) == 0
        assert b"event: over" not in stream.read()
