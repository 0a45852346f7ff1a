"""Every schedule that a search may choose computes the same as PyTorch, and the search finds, stores and resumes.

Longer than other files: the search is tested with the schedules it chooses from.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
import tvm
from tvm import relax

from layout import blocked
from unet import bundle
from unet.checkpoint import Checkpoint
from unet.errors import UserError
from unet.kernels.cpu.direct import Direct
from unet.kernels.cpu.kernel import Tunable
from unet.kernels.cpu.resample import UpConvolution
from unet.kernels.cpu.simd import CPU
from unet.kernels.cpu.transforms import TRANSFORMS
from unet.kernels.cpu.winograd import Winograd, WinogradSchedule
from unet.kernels.int8.convolution import Int8Convolution
from unet.network import UNet
from unet.targets import BoardTarget, resolve
from unet.tuning import command, database
from unet.tuning.database import Database, Machine
from unet.tuning.remote import Lines, Remote
from unet.tuning.search import Failed, Journal, Search, neighbours

HOST = BoardTarget("x86", resolve({"kind": "llvm", "mcpu": "native"}), "cpu:0")
# As the CPUs of targets.json: NEON, AVX2 and AVX-512, with less cache, so that the small layers here have the choices of large
# ones.
CPUS = [CPU(4, 32, 64 * 1024), CPU(8, 16, 64 * 1024), CPU(16, 32, 64 * 1024)]
ATOMS = 32


def run(kernel: Tunable, x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    v = kernel.cpu.width
    y = np.full(kernel.shapes["y"], 7, np.float32)
    packed = np.ascontiguousarray(kernel.pack(weight), np.float32)
    tensors = [tvm.runtime.tensor(a) for a in (blocked(x, v), packed, bias.reshape(-1, v), y)]
    tvm.compile(kernel.build("main"), target=HOST.target())["main"](*tensors)
    return tensors[-1].numpy()


def data(kernel: Tunable, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    order = (kernel.inputs, kernel.outputs) if isinstance(kernel, UpConvolution) else (kernel.outputs, kernel.inputs)
    return (
        rng.standard_normal((kernel.inputs, kernel.height, kernel.width)).astype(np.float32),
        rng.standard_normal((*order, side, side)).astype(np.float32),
        rng.standard_normal(kernel.outputs).astype(np.float32),
    )


def every_schedule(kernel: Tunable) -> list[Tunable]:
    return [kernel.scheduled(schedule) for schedule in dict.fromkeys([kernel.model(), *kernel.schedules()])]


@pytest.mark.parametrize("cpu", CPUS, ids=lambda cpu: f"{cpu.width}x{cpu.registers}")
@pytest.mark.parametrize(("kind", "tolerance"), [(Direct, 1e-5), (Winograd, 2e-4)])
def test_every_schedule_of_a_convolution_is_right(cpu: CPU, kind, tolerance: float) -> None:
    kernel = kind(cpu, ATOMS, 2 * ATOMS, 8, 16, total=2 * ATOMS)
    x, weight, bias = data(kernel, 3)
    expected = torch.nn.functional.conv2d(*map(torch.from_numpy, (x[None], weight, bias)), padding=1).relu()[0].numpy()
    schedules = every_schedule(kernel)
    assert len(schedules) > 3, "a test of one schedule would prove nothing"
    for scheduled in schedules:
        y = run(scheduled, x, weight, bias)
        worst = np.abs(y - blocked(expected, cpu.width)).max() / np.abs(expected).max()
        assert worst < tolerance, scheduled.schedule


@pytest.mark.parametrize("cpu", CPUS, ids=lambda cpu: f"{cpu.width}x{cpu.registers}")
@pytest.mark.parametrize("side", TRANSFORMS)
def test_tiles_that_overlap_write_every_output_once(cpu: CPU, side: int) -> None:
    """Sides that no tile divides. However tiles are shared out among tasks, the bits are the same: each output has one writer."""
    kernel = Winograd(cpu, ATOMS, ATOMS, 7, 17, total=ATOMS)
    x, weight, bias = data(kernel, 3)
    expected = torch.nn.functional.conv2d(*map(torch.from_numpy, (x[None], weight, bias)), padding=1).relu()[0].numpy()
    shares = [WinogradSchedule(side, 1, step, tiles) for step, tiles in ((1, 1), (3, 3), (4, 8), (8, 64))]
    first, *others = [run(kernel.scheduled(schedule), x, weight, bias) for schedule in shares]
    assert np.abs(first - blocked(expected, cpu.width)).max() < 2e-4 * np.abs(expected).max()
    for schedule, y in zip(shares[1:], others, strict=True):
        assert np.array_equal(first, y), schedule


@pytest.mark.parametrize("cpu", CPUS, ids=lambda cpu: f"{cpu.width}x{cpu.registers}")
def test_every_schedule_of_an_up_convolution_is_right(cpu: CPU) -> None:
    kernel = UpConvolution(cpu, ATOMS, 2 * ATOMS, 4, 8, total=3 * ATOMS, offset=ATOMS)
    x, weight, bias = data(kernel, 2)
    expected = torch.nn.functional.conv_transpose2d(*map(torch.from_numpy, (x[None], weight, bias)), stride=2)[0].numpy()
    for scheduled in every_schedule(kernel):
        y = run(scheduled, x, weight, bias)[ATOMS // cpu.width :]
        assert np.abs(y - blocked(expected, cpu.width)).max() < 1e-4 * np.abs(expected).max(), scheduled.schedule


def test_the_models_choices_of_the_real_network_are_among_those_a_search_may_try() -> None:
    """Otherwise a search could not start there, and compile would refuse the entry."""
    levels = [
        (inputs, outputs, depth)
        for depth in range(5)
        for inputs, outputs in ((32 << depth, 32 << depth), (64 << depth, 32 << depth))
    ]
    for cpu in (CPU(4, 32, 128 * 1024), CPU(8, 16, 512 * 1024), CPU(16, 32, 1024 * 1024)):
        for side, (inputs, outputs, depth) in product((160, 224, 256, 288, 320, 400), levels):
            for kind in (Direct, Winograd):
                kernel = kind(cpu, inputs, outputs, side >> depth, side >> depth, outputs)
                assert kernel.model() in set(kernel.schedules()), (kernel, kernel.model())


class Counting:
    """Times that depend only on the schedule, so that the expected result is known."""

    machine = Machine("a CPU", "some", 2, "0")

    def __init__(self, cost) -> None:
        self.cost, self.asked = cost, []

    def median_ns(self, kernel: Tunable) -> int:
        self.asked.append(kernel.schedule)
        return self.cost(kernel.schedule)


LAYER = Winograd(CPU(16, 32, 1024 * 1024), 64, 64, 64, 64, 64)


def search(measurer, folder, kernels=(LAYER,)) -> list[database.Entry]:
    journal = Journal(folder / "journal.jsonl", measurer.machine)
    return list(Search(measurer, journal, lambda step: None, lambda message: None).run(list(kernels), folder / "x.jsonl", 600))


def test_a_search_finds_the_best_schedule(tmp_path) -> None:
    best = max(LAYER.schedules(), key=lambda s: (s.tiles, s.side))
    measurer = Counting(lambda s: 1000 + 100 * abs(s.tiles - best.tiles) + 100 * abs(s.side - best.side))
    (entry,) = search(measurer, tmp_path)
    assert entry.schedule["tiles"] == best.tiles and entry.schedule["side"] == best.side
    assert entry.model_ns > entry.median_ns == 1000
    assert entry.candidates < len(list(LAYER.schedules())), "it must not try them all"


def test_a_schedule_that_is_hardly_faster_does_not_replace_the_model_s(tmp_path) -> None:
    measurer = Counting(lambda s: 1000 if s == LAYER.model() else 995)
    (entry,) = search(measurer, tmp_path)
    assert entry.apply(LAYER).schedule == LAYER.model()


def test_an_interrupted_search_continues_from_its_journal(tmp_path) -> None:
    class Broken(Counting):
        def median_ns(self, kernel):
            if len(self.asked) == 3:
                raise KeyboardInterrupt
            return super().median_ns(kernel)

    def cost(s):
        return 1000 + s.tiles

    broken = Broken(cost)
    with pytest.raises(KeyboardInterrupt):
        search(broken, tmp_path)
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"key": {"kernel": "win')
    again = Counting(cost)
    (entry,) = search(again, tmp_path)
    measured_once = again.asked[: -2 * 5]
    assert not set(broken.asked) & set(measured_once), "it measured again what is in the journal"
    assert database.read(tmp_path / "x.jsonl") == [entry]


def test_a_candidate_that_fails_is_skipped(tmp_path) -> None:
    class Picky(Counting):
        def median_ns(self, kernel):
            if kernel.schedule.tiles != LAYER.model().tiles:
                raise Failed("SIGILL")
            return super().median_ns(kernel)

    (entry,) = search(Picky(lambda s: 1000), tmp_path)
    assert entry.schedule["tiles"] == LAYER.model().tiles


def test_neighbours_differ_in_one_step() -> None:
    possible = list(LAYER.schedules())
    near = neighbours(LAYER.model(), possible)
    assert near and set(near) <= set(possible) and LAYER.model() not in near


def test_a_database_selects_kernels_and_counts_its_selections(tmp_path) -> None:
    path = tmp_path / "x86.jsonl"
    direct = Direct(LAYER.cpu, 64, 64, 64, 64, 64)
    for kernel, ns in ((LAYER, 500), (direct, 400)):
        entry = database.Entry(
            database.key(kernel), vars(kernel.model()), ns, ns, 1, Machine("EPYC", "znver5", 2, "0"), "2026-11-25"
        )
        database.add(path, entry)
    known = Database.of("x86", "znver5", tmp_path)
    assert isinstance(known.choose([LAYER, direct]), Direct)
    assert known.choose([LAYER]).schedule == LAYER.model()
    other = replace(LAYER, inputs=128)
    assert known.choose([other]) is other
    assert known.summary() == {"layers": 3, "measured": 2, "measured_on": ["EPYC"]}


def test_an_entry_from_this_cpu_is_preferred_to_one_from_another(tmp_path) -> None:
    path = tmp_path / "x86.jsonl"
    for mcpu, tiles in (("znver4", 8), ("znver5", 32), ("skylake-avx512", 4)):
        schedule = next(s for s in LAYER.schedules() if s.tiles == tiles)
        database.add(path, database.Entry(database.key(LAYER), vars(schedule), 1, 1, 1, Machine(mcpu, mcpu, 2, "0"), ""))
    assert len(database.read(path)) == 3
    assert Database.of("x86", "znver5", tmp_path).choose([LAYER]).schedule.tiles == 32
    assert Database.of("x86", "znver4", tmp_path).choose([LAYER]).schedule.tiles == 8


def test_an_entry_whose_schedule_no_longer_exists_counts_as_unmeasured(tmp_path) -> None:
    path = tmp_path / "x86.jsonl"
    for schedule in ({"side": 4, "blocks": 3, "step": 5, "tiles": 7, "split": 1}, {"gone": 1}):
        database.add(path, database.Entry(database.key(LAYER), schedule, 1, 1, 1, Machine("a", "b", 2, "0"), ""))
        known = Database.of("x86", "b", tmp_path)
        assert known.choose([LAYER]) is LAYER and known.summary()["measured"] == 0


def test_the_error_for_a_damaged_database_names_the_line(tmp_path) -> None:
    (tmp_path / "x86.jsonl").write_text('{"kernel": "winograd"}\n')
    with pytest.raises(UserError, match=r"x86\.jsonl:1"):
        Database.of("x86", "b", tmp_path)


@pytest.fixture(scope="module")
def trained() -> Checkpoint:
    torch.manual_seed(0)
    return Checkpoint(UNet(8, 1).eval(), {}, "0" * 64)


def test_this_machine_is_tuned_and_compile_uses_the_database(tmp_path, trained) -> None:
    settings = command.Settings(tmp_path / "tuning", tmp_path / "journal", 20, again=False, layers=("8-8",))
    path = command.here(trained, HOST, settings)
    entries = database.read(path)
    assert {entry.key["kernel"] for entry in entries} >= {"winograd", "direct"}
    assert all(entry.median_ns > 0 and entry.machine.mcpu == HOST.mcpu for entry in entries)
    known = Database.of("x86", HOST.mcpu, path.parent)
    bundle.lower(bundle.export(trained, bundle.Shape()), HOST, "fp32-winograd", known)
    assert 0 < known.summary()["measured"] < known.summary()["layers"]


class Board(Lines):
    """Plays harness tune: loads each candidate's bundle and calls it."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), io.StringIO())
        self.sent: list[dict] = []

    def send(self, kind: str, **values) -> None:
        self.sent.append({"type": kind, **values})

    def receive(self, *kinds: str) -> dict:
        if "board" in kinds:
            facts = {"board": {"cpu_model": "a board"}, "emulated": True, "tvm": {"version": "0.27"}}
            return {"type": "board", "facts": facts, "threads": 4}
        folder = Path(self.sent[-1]["bundle"])
        manifest = json.loads((folder / "bundle.json").read_bytes())
        (image,) = manifest["inputs"]
        machine = relax.VirtualMachine(tvm.runtime.load_module(str(folder / "module.so")), tvm.cpu())
        answer = machine["main"](tvm.runtime.tensor(np.ones(image["shape"], np.float32))).numpy()
        assert answer.shape == tuple(manifest["outputs"][0]["shape"]) and np.isfinite(answer).all()
        return {"type": "measured", "median_ns": 1000 + len(self.sent)}


def test_candidates_are_bundles_that_run_and_contain_no_weights(trained) -> None:
    board = Board()
    remote = Remote(board, trained, HOST)
    assert (remote.machine.cpu, remote.machine.threads) == ("a board (emulated)", 4)
    kernels = [LAYER, Direct(LAYER.cpu, 3, 32, 8, 8, 32), UpConvolution(LAYER.cpu, 64, 32, 8, 8, 64, 32)]
    for kernel in kernels:
        assert remote.median_ns(kernel) > 0
        assert not Path(board.sent[-1]["bundle"]).exists(), "the candidate's folder was not removed"


@pytest.mark.skipif(HOST.dot(16) is None, reason="this CPU has no dot product of bytes of 16 lanes")
def test_a_candidate_in_8_bit_integers_runs(trained) -> None:
    kernel = Int8Convolution(LAYER.cpu, 32, 32, 8, 8, 32, dot=HOST.dot(16))
    assert Remote(Board(), trained, HOST).median_ns(kernel) > 0


def test_the_error_for_an_unexpected_line_quotes_it() -> None:
    for text, complaint in (("", "standard input ended"), ("nonsense\n", "nonsense"), ('{"type":"other"}\n', "other")):
        with pytest.raises(UserError, match=complaint):
            Lines(io.StringIO(text), io.StringIO()).receive("measured")


def test_times_of_an_emulated_board_are_stored_separately_and_never_used(tmp_path, trained) -> None:
    """The entries have the board's keys: same CPU for LLVM, same layer, and a shorter time."""
    remote = Remote(Board(), trained, HOST)
    settings = command.Settings(tmp_path, tmp_path / "journal", 1, again=False, layers=("3→8",))
    path, (emulated,) = command.run(trained, HOST, settings, remote, lambda step: None, lambda message: None)
    assert path == tmp_path / f"{HOST.name}.emulated.jsonl" and database.read(path) == [emulated]
    assert not (tmp_path / f"{HOST.name}.jsonl").exists()

    board = replace(emulated, machine=replace(emulated.machine, cpu="a board"), median_ns=10 * emulated.median_ns)
    (kernel,) = (k for k in command.kernels(trained, HOST) if database.key(k) == emulated.key)
    assert Database([emulated], HOST.mcpu).find(kernel) is None
    for entries in ([emulated, board], [board, emulated]):
        assert Database(entries, HOST.mcpu).find(kernel) == board
