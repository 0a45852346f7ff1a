"""The protocol between agent and runner: one job in, events out, one JSON object per line."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

PROTOCOL = "harness.runner/1"
SCENARIOS = ("single-stream", "multi-stream", "server", "offline")
WEEK_NS = 7 * 86_400 * 10**9


class Failure(Exception):
    """Ends the run: a stable code of docs/protocol.md, and a message with a remedy."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} [{code}]")
        self.code, self.message = code, message


@dataclass(frozen=True)
class Settings:
    """How a job is measured; docs/protocol.md names the keys."""

    scenario: str
    min_duration_ns: int
    min_queries: int
    max_queries: int
    warm_up_max_calls: int
    warm_up_max_duration_ns: int
    seed: int
    threads: int | None
    memory_limit_bytes: int | None

    @classmethod
    def read(cls, found: dict) -> Settings:
        """Raises `Failure` with `invalid-request` for values out of range."""
        settings = cls(
            **{key: found[key] for key in cls.__annotations__ if key not in ("threads", "memory_limit_bytes")},
            threads=found.get("threads"),
            memory_limit_bytes=found.get("memory_limit_bytes"),
        )
        scenario = settings.scenario
        if found.get("profile_calls") is not None:
            remedy = "Profile modules compiled with TVM."
            raise Failure("profile-unsupported", f"this runner cannot time a module's functions separately. {remedy}")
        if scenario not in SCENARIOS:
            raise Failure("invalid-request", f"settings: scenario “{scenario}” is unknown. Scenarios: {', '.join(SCENARIOS)}.")
        if scenario != "single-stream":
            raise Failure("scenario-unsupported", f"this runner measures single-stream only, not {scenario}. Omit --scenario.")
        bounds = {
            "min_duration_ns": (0, WEEK_NS),
            "min_queries": (1, settings.max_queries),
            "max_queries": (1, 100_000_000),
            "warm_up_max_calls": (1, 100_000_000),
            "warm_up_max_duration_ns": (0, WEEK_NS),
            "threads": (1, 1024),
            "memory_limit_bytes": (1 << 20, 1 << 62),
        }
        for key, (least, most) in bounds.items():
            value = getattr(settings, key)
            if value is not None and not least <= value <= most:
                raise Failure("invalid-request", f"settings: {key} must be between {least} and {most}.")
        return settings


@dataclass(frozen=True)
class Job:
    """What the agent writes to standard input."""

    bundle: dict
    module_path: str
    # dataset.json, and the folder of files named by their SHA-256; None without an accuracy pass.
    dataset: tuple[str, str] | None
    device: str
    settings: Settings
    output_folder: str

    @classmethod
    def read(cls, text: bytes) -> Job:
        """Raises `Failure` with `runner-protocol` if this is not a job of the protocol's version."""
        try:
            found = json.loads(text)
            if (theirs := found["protocol"]) != PROTOCOL:
                reason = f"the agent uses protocol {theirs}, this runner {PROTOCOL}"
                raise Failure("runner-protocol", f"{reason}. Install both from one release.")
            data = found.get("dataset")
            return cls(
                bundle=found["bundle"],
                module_path=found["module_path"],
                dataset=(data["manifest_path"], data["blob_folder"]) if data else None,
                device=found["device"],
                settings=Settings.read(found["settings"]),
                output_folder=found["output_folder"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Failure("runner-protocol", f"the job description is not valid: {error!r}") from error


class EventWriter:
    """Writes events to a private copy of standard output.

    Descriptor 1 itself is redirected to standard error, so that output of a library cannot break the protocol.
    """

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)

    def write(self, kind: str, **keys: object) -> None:
        line = json.dumps({"type": kind, **keys}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        rest = memoryview(line)
        while rest:
            rest = rest[self._out.write(rest) :]
