"""What Prometheus is told: each process once, those of a kind as one job, and the rules that are shipped."""

import json

import pytest

from local.servers.prometheus import RULES, NoPrometheus, binary, configuration

PAGES = {
    "worker": "http://127.0.0.1:20001/metrics",
    "worker-2": "http://127.0.0.1:20002/metrics",
    "ledger": "http://127.0.0.1:20003/metrics",
}


def test_processes_of_a_kind_are_one_job_and_the_rules_are_ours() -> None:
    told = json.loads(configuration(PAGES))
    jobs = {one["job_name"]: one["static_configs"][0]["targets"] for one in told["scrape_configs"]}
    assert jobs == {
        "frafaldsvarsel-worker": ["127.0.0.1:20001", "127.0.0.1:20002"],
        "frafaldsvarsel-ledger": ["127.0.0.1:20003"],
    }
    assert told["rule_files"] == [str(RULES)]
    assert RULES.is_file()


def test_where_it_is_not_installed_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(NoPrometheus, match="apt-get install prometheus"):
        binary()
