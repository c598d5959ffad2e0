"""A chosen port is free until its server starts: nobody else may be given it meanwhile."""

import multiprocessing
from pathlib import Path

from local.servers.ports import RANGE, remembered_ports

EACH = 50


def _chosen(folder: Path, number: int) -> list[int]:
    files = (folder / f"{number}-{turn}" for turn in range(EACH))
    return [port for file in files for port in remembered_ports(file, ("one", "two")).values()]


def test_programs_that_choose_at_the_same_time_are_given_different_ports(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        lists = pool.starmap(_chosen, [(tmp_path, number) for number in range(4)])
    ports = [port for chosen in lists for port in chosen]
    assert len(ports) == len(set(ports)) == 4 * EACH * 2
    assert set(ports) <= set(RANGE)


def test_what_is_remembered_is_chosen_again(tmp_path: Path) -> None:
    first = remembered_ports(tmp_path / "ports", ("one", "two"))
    assert remembered_ports(tmp_path / "ports", ("one", "two")) == first
