import os
import subprocess

from deploy.dev import frontend


def test_npm_prints_no_update_notice(tmp_path):
    nobodys = {
        "NPM_CONFIG_USERCONFIG": str(tmp_path / "npmrc")
    }  # otherwise a setting of this machine's user could decide
    env = os.environ | nobodys | frontend.with_node()
    said = subprocess.run(
        ["npm", "config", "get", "update-notifier"], env=env, capture_output=True, text=True, check=True
    )

    assert said.stdout == "false\n"
