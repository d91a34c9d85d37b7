"""docker run and the life of a container, with and without dockgate."""

import json
import os
import unittest

from lab.docker import Docker
from lab.same import SameWithAndWithout

SEVERAL_MEGABYTES = os.urandom(6 << 20)
SETTINGS = [
    "--hostname", "web", "--user", "1000:1000", "--workdir", "/tmp", "--env", "COLOUR=blue",
    "--label", "team=ci", "--label", "Team=CI", "--memory", "64m", "--cpus", "0.5",
    "--pids-limit", "50", "--ulimit", "nofile=100:200", "--tmpfs", "/scratch:size=1m",
    "--volume", "cache:/cache", "--volume", "/anonymous", "--mount",
    "type=volume,source=other,target=/other,volume-label=a=b,readonly", "--read-only",
    "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "--security-opt", "no-new-privileges",
    "--restart", "on-failure:3", "--log-driver", "local", "--log-opt", "max-size=1m",
    "--dns", "192.0.2.1", "--add-host", "db:192.0.2.2", "--stop-signal", "USR1",
    "--stop-timeout", "3", "--health-cmd", "true", "--health-interval", "5s", "--shm-size", "8m",
    "--network", "none", "--init", "--group-add", "7", "--expose", "80", "--ipc", "shareable",
    "--entrypoint", "/bin/sh", "--publish", "127.0.0.1:0:80", "--sysctl",
    "net.ipv4.ip_unprivileged_port_start=0", "--oom-score-adj", "100", "--interactive",
]


class Run(SameWithAndWithout):
    def test_output_and_exit_status(self):
        def script(docker: Docker):
            assert docker.ok("run", "--rm", "box", "echo", "hello").text == "hello"
            assert docker("run", "--rm", "box", "sh", "-c", "echo no >&2; exit 3").status == 3
            assert docker("run", "--rm", "box", "no-such-program").status == 127
            assert docker("run", "--rm", "box", "/etc/passwd").status == 126
            assert docker("run", "--rm", "--pull", "never", "no-such-image").status == 125
            assert docker("run", "--rm", "--no-such-flag", "box").status == 125

        self.assert_same(script)

    def test_stdin_to_its_end(self):
        def script(docker: Docker):
            counted = docker.ok("run", "--rm", "-i", "box", "wc", "-c", stdin=SEVERAL_MEGABYTES)
            assert counted.text == str(len(SEVERAL_MEGABYTES))
            echoed = docker.ok("run", "--rm", "-i", "box", "cat", stdin=SEVERAL_MEGABYTES)
            assert echoed.out == SEVERAL_MEGABYTES
            assert docker.ok("run", "--rm", "-i", "box", "cat").out == b""

        self.assert_same(script)

    def test_a_terminal_and_its_size(self):
        def script(docker: Docker):
            with docker.terminal("run", "--rm", "-it", "--network", "none", "box", "sh") as shell:
                shell.wait_for(b"# ")
                shell.type(b"tty; stty size\n")
                shell.wait_for(b"30 90\r\n")
                shell.resize(41, 99)
                shell.type(b"until stty size | grep 41; do :; done\n")
                shell.wait_for(b"41 99\r\n")
                shell.type(b"exit 5\n")
                assert shell.wait() == 5
                assert b"/dev/pts/0" in shell.screen

        self.assert_same(script)

    def test_every_ordinary_setting_reaches_the_container(self):
        def script(docker: Docker):
            docker.ok("create", "--name", "web", *SETTINGS, "box", "-c", "cat")
            [settings] = json.loads(docker.ok("inspect", "web").out)
            assert "NET_BIND_SERVICE" in settings["HostConfig"]["CapAdd"][0]
            assert settings["Config"]["Labels"] == {"team": "ci", "Team": "CI"}
            docker.ok("start", "web")
            docker.ok("exec", "web", "id")
            docker.ok("inspect", "--format", "{{json .Mounts}}", "web")

        self.assert_same(script)

    def test_detached_and_looked_at(self):
        def script(docker: Docker):
            docker.ok("run", "-d", "--name", "web", "--network", "none", "box", "sleep", "600")
            docker.ok("ps", "--format", "{{.Names}} {{.Image}} {{.Command}}")
            docker.ok("ps", "--all", "--filter", "name=web", "--size")
            docker.ok("top", "web", "-o", "pid,comm")
            docker.ok("exec", "web", "touch", "/tmp/new")
            assert "A /tmp/new" in docker.ok("diff", "web").text
            docker.ok("port", "web")
            docker.ok("inspect", "--size", "--format", "{{.SizeRootFs}}", "web")
            docker.ok("rm", "--force", "web")
            docker.ok("ps", "--all", "--quiet")

        self.assert_same(script)


class Lives(SameWithAndWithout):
    def test_signals_and_how_they_end_it(self):
        def script(docker: Docker):
            docker.ok("run", "-d", "--name", "deaf", "--init", "box", "sleep", "600")
            docker.ok("stop", "--time", "5", "deaf")
            assert docker.ok("wait", "deaf").text == "143"
            docker.ok("start", "deaf")
            docker.ok("kill", "deaf")
            assert docker.ok("wait", "deaf").text == "137"
            docker.ok("start", "deaf")
            docker.ok("kill", "--signal", "HUP", "deaf")
            assert docker.ok("wait", "deaf").text == "129"
            assert docker("kill", "deaf").status == 1

        self.assert_same(script)

    def test_pause_restart_and_rename(self):
        def script(docker: Docker):
            docker.ok("run", "-d", "--name", "one", "--network", "none", "box", "sleep", "600")
            docker.ok("pause", "one")
            assert docker("exec", "one", "true").status == 1
            docker.ok("unpause", "one")
            docker.ok("restart", "--time", "0", "one")
            docker.ok("rename", "one", "two")
            docker.ok("inspect", "--format", "{{.Name}} {{.State.Status}}", "two")
            assert docker("inspect", "one").status == 1

        self.assert_same(script)

    def test_removal_and_prune(self):
        def script(docker: Docker):
            docker.ok("create", "--name", "new", "--volume", "/data", "box")
            docker.ok("run", "-d", "--name", "busy", "box", "sleep", "600")
            assert docker("rm", "busy").status == 1
            docker.ok("container", "prune", "--force")
            docker.ok("volume", "prune", "--force")
            docker.ok("rm", "--force", "--volumes", "busy")
            docker.ok("system", "prune", "--force")
            assert docker.ok("ps", "--all", "--quiet").text == ""

        self.assert_same(script)

    def test_what_the_engine_refuses_itself(self):
        def script(docker: Docker):
            for verb in ("start", "stop", "kill", "restart", "pause", "rm", "logs", "inspect",
                         "wait", "top", "diff", "port", "attach"):
                assert docker(verb, "nobody").status == 1
            assert docker("exec", "nobody", "true").status == 1
            assert docker("rename", "nobody", "somebody").status == 1
            assert docker("cp", "nobody:/etc/passwd", "-").status == 1
            docker.ok("create", "--name", "taken", "box")
            assert docker("create", "--name", "taken", "box").status == 1
            assert docker("create", "--memory", "1k", "box").status == 1
            assert docker("create", "--name", "?", "box").status == 1

        self.assert_same(script)


if __name__ == "__main__":
    unittest.main()
