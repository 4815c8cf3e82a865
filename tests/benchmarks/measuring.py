"""Measures one run: the audit and the fake AWS each in a process of its own, so that neither pays for the other."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from resource import struct_rusage
from tempfile import TemporaryDirectory

LATENCY_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Size:
    """What there is to audit."""

    accounts: int
    regions: int
    keys: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run. Times are in seconds, memory is in MiB; `server_cpu` is what the fake AWS spent."""

    name: str
    seconds: float
    cpu: float
    peak_memory: float
    calls: int
    non_compliant: int
    server_cpu: float


def measure(name: str, audit: tuple[str, str], size: Size) -> Measurement:
    """Run an audit, a module of this package with its argument, against a fresh fake AWS."""
    asked = (f"--{field}={getattr(size, field)}" for field in ("accounts", "regions", "keys"))
    command = [sys.executable, "-m", "tests.benchmarks.fake_aws", *asked, f"--latency={LATENCY_SECONDS}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the fake AWS has no pipes")
        port = int(server.stdout.readline())
        answer, usage = _run(audit, port)
        server.stdin.close()
        calls: dict[str, int] = json.loads(server.stdout.readline())
        server_usage = _wait(server)
    return Measurement(
        name=name,
        seconds=answer["seconds"],
        cpu=usage.ru_utime + usage.ru_stime,
        peak_memory=usage.ru_maxrss / 1024,
        calls=sum(calls.values()),
        non_compliant=int(answer["non_compliant"]),
        server_cpu=server_usage.ru_utime + server_usage.ru_stime,
    )


def _run(audit: tuple[str, str], port: int) -> tuple[dict[str, float], struct_rusage]:
    module, argument = audit
    with TemporaryDirectory() as home:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }
        command = [sys.executable, "-m", f"tests.benchmarks.{module}", argument]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            if process.stdout is None:
                raise RuntimeError("the audit has no pipe")
            text = process.stdout.read()
            usage = _wait(process)
    if process.returncode:
        raise RuntimeError(f"{module} {argument} ended with {process.returncode}")
    answer: dict[str, float] = json.loads(text)
    return answer, usage


def _wait(process: "subprocess.Popen[str]") -> struct_rusage:
    """Wait for a process of ours, and learn what it used."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage
