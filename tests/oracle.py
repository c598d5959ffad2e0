"""The rules a second time, naively: over the complete history at once, in plain dicts.

Written from the words of the domain description and not from the code, so that a slip in one does not stand
in the other: it has its own calendar, its own month arithmetic and its own way through the questions.
Slow and plain on purpose. It must import nothing from `models`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

Plain = dict[str, Any]

# The questions of the law in the order in which they are asked; whoever fails late came near.
_QUESTIONS = (
    "before_study_start",
    "after_window",
    "enrolment_ended",
    "education_not_covered",
    "no_target_group_period_known",
    "target_group_began_after_start",
    "target_group_ended_too_early",
)

_OF_THE_BENEFIT = _QUESTIONS[4:]


def verdicts(history: list[Plain], law: Plain) -> dict[tuple[str, str], Plain]:
    """What holds of each message (by sender and id) when the whole of `history` is known, in any order."""
    return _judged(*_sift(history), law)


def verdicts_of_all(people: dict[str, list[Plain]], law: Plain) -> dict[tuple[str, str, str], Plain]:
    """The same of each message (by sender, id and person) of several people, whose histories know of each other."""
    sifted = {person: _sift(history) for person, history in people.items()}
    everything = [{**word, "_about": person} for person, (said, _) in sifted.items() for word in said]
    placed = _each_with_its_person(everything, law)
    return {
        (*name, person): verdict
        for person, (_, refused) in sifted.items()
        for name, verdict in _judged(
            [word for word in placed if word["_about"] == person], refused, law
        ).items()
    }


def names_nothing(people: dict[str, list[Plain]], law: Plain) -> set[tuple[str, int, int]]:
    """Where the statements stand that end, annul or take back what their owner has stated about nobody."""
    said = [word for history in people.values() for word in _sift(history)[0]]
    said = [word for word in said if word["content"]["kind"] != "event.refused"]
    known = {
        # A message is its sender's own.
        (word["sender"] if _names(word)[0] == "message_id" else _owner(word, said, law), *_names(word))
        for word in said
        if not _takes_back(word)
    }
    return {
        _place(word)
        for word in said
        if _takes_back(word)
        and (_owner(word, said, law), *_names(word)) not in known
        and not (_names(word)[0] == "message_id" and (word["sender"], *_names(word)) in known)
    }


def _takes_back(word: Plain) -> bool:
    return word["content"]["kind"] in _TAKE_BACK


def _each_with_its_person(everything: list[Plain], law: Plain) -> list[Plain]:
    """What is said of a matter, put with the person about whom its owner has said it last."""
    placed: list[Plain] = []
    messages: list[Plain] = []
    withdrawals: list[Plain] = []
    matters: dict[tuple[str, ...], list[Plain]] = {}
    for word in everything:
        if word["content"]["kind"] == "event.refused":
            continue
        owner = _owner(word, everything, law)
        matters.setdefault((owner, *_names(word)), []).append({**word, "_owner": owner})
    for (*_, field, _name), said in matters.items():
        stated = [word for word in said if not _takes_back(word)]
        if field == "message_id":
            placed += stated
            messages += stated
            withdrawals += [word for word in said if _takes_back(word)]
        elif not stated:
            placed += said
        else:
            person = max(stated, key=_when_registered)["_about"]
            placed += [word for word in stated if word["_about"] == person]
            placed += [{**word, "_about": person} for word in said if _takes_back(word)]
    for word in withdrawals:
        # A message stays with its person, and whoever takes it back means it there.
        theirs = {
            message["_about"]
            for message in messages
            if _names(message) == _names(word) and message["sender"] in (word["sender"], word["_owner"])
        }
        placed += [{**word, "_about": person} for person in theirs]
    return placed


def _judged(standing: list[Plain], refused: list[Plain], law: Plain) -> dict[tuple[str, str], Plain]:
    result = {}
    for message in standing:
        if message["content"]["kind"] == "dropout-risk.raised":
            result[message["sender"], message["event_id"]] = _verdict(message, standing, law)
    for message in refused:
        if message["content"]["kind"] == "dropout-risk.raised":
            name = (message["sender"], message["event_id"])
            result.setdefault(name, _no("id_conflict", _version(message, law)))
    return result


def _sift(history: list[Plain]) -> tuple[list[Plain], list[Plain]]:
    """The statements that count, and those that are refused because their id was used before."""
    struck = {
        (word["content"]["topic"], word["content"]["partition"], word["content"]["offset"])
        for word in history
        if word["content"]["kind"] == "event.refused"
    }
    standing: list[Plain] = []
    refused: list[Plain] = []
    for statement in sorted(history, key=_when_appended):
        earlier = [
            other
            for other in standing + refused
            if (other["sender"], other["event_id"]) == (statement["sender"], statement["event_id"])
        ]
        if any(_hashes(other) & _hashes(statement) for other in earlier):
            continue  # said before, word by word
        if earlier or _place(statement) in struck:
            refused.append(statement)
        else:
            standing.append(statement)
    return standing, refused


def _hashes(statement: Plain) -> set[str]:
    """Of the content as it was written, and of the same with its moments in UTC."""
    return {statement["fingerprint"], statement.get("fingerprint_utc") or statement["fingerprint"]}


def _verdict(message: Plain, standing: list[Plain], law: Plain) -> Plain:
    version = _version(message, law)
    for other in standing:
        about = other["content"]
        if (
            about["kind"] == "dropout-risk.withdrawn"
            and about["message_id"] == message["event_id"]
            and message["sender"] in (other["sender"], _owner(other, standing, law))
        ):
            return _no("withdrawn", version)
    if version == "none":
        return _no("law_not_in_force", version)
    rules = law["rules"][version]
    today = danish_date(message["registered_at"])
    read, confirmed = rules["read_until"], rules["confirmed_until"]
    if read is not None and not any(
        end is not None and today.isoformat() <= end for end in (read, confirmed)
    ):
        return {
            **_no("law_not_confirmed", version),
            "outcome": "undecided",
            "review_on": today.isoformat(),
            "municipality_code": _municipality_on(today, standing, law),
        }
    review = (today + timedelta(days=rules["review_days"])).isoformat()
    candidates = [
        _about_enrolment(enrolment, today, standing, law, rules, version, review)
        for enrolment in _enrolments(standing, law)
        if _one_house(law, enrolment["institution_number"], message["content"]["institution_number"])
    ]
    if not candidates:
        return {
            **_no("enrolment_unknown", version),
            "outcome": "undecided",
            "review_on": review,
            "municipality_code": _municipality_on(today, standing, law),
        }
    best = candidates[0]
    for candidate in candidates[1:]:
        if _better(candidate, best):
            best = candidate
    best.pop("_start")
    if best["outcome"] != "not_obliged":
        best["contradicted_by"] = _elsewhere(message, today, standing, law)
    return best


def _elsewhere(message: Plain, today: date, standing: list[Plain], law: Plain) -> list[str]:
    """The institutions of another house where the person is said to be enrolled on that day."""
    found = set()
    for enrolment in _enrolments(standing, law):
        begun = date.fromisoformat(enrolment["study_start"]) <= today
        over = enrolment["ended_on"] is not None and date.fromisoformat(enrolment["ended_on"]) < today
        number = enrolment["institution_number"]
        if begun and not over and not _one_house(law, number, message["content"]["institution_number"]):
            found.add(number)
    return sorted(found)


def _about_enrolment(
    enrolment: Plain,
    today: date,
    standing: list[Plain],
    law: Plain,
    rules: Plain,
    version: str,
    review: str,
) -> Plain:
    start = date.fromisoformat(enrolment["study_start"])
    answer = _no("", version) | {"enrolment_id": enrolment["enrolment_id"], "_start": start}

    told = _periods(standing, law)
    periods = [
        period
        for period in told
        if [period["benefit_type"], period["target_group"]] in rules["target_groups"]
    ]
    doubtful = [
        period for period in told if [period["benefit_type"], period["target_group"]] in rules["open_groups"]
    ]
    look_back = [start - timedelta(days=days) for days in range(1, rules["look_back_days"] + 1)]
    ended = enrolment["ended_on"]
    objections: list[tuple[str, Callable[[], bool]]] = [
        ("before_study_start", lambda: today < start),
        ("after_window", lambda: _months_are_over(today, start, rules)),
        ("enrolment_ended", lambda: ended is not None and date.fromisoformat(ended) < today),
        (
            "education_not_covered",
            lambda: enrolment["education_type"] not in law["covered"] + law["open_education"],
        ),
        ("no_target_group_period_known", lambda: not periods),
        (
            "target_group_began_after_start",
            lambda: all(date.fromisoformat(period["valid_from"]) >= start for period in periods),
        ),
        (
            "target_group_ended_too_early",
            lambda: not any(_lasted_on(period, day) for period in periods for day in look_back),
        ),
    ]
    in_doubt = enrolment["education_type"] in law["open_education"] and "education_uncertain"
    for reason, holds in objections:
        if not holds():
            continue
        perhaps = [period for period in doubtful if date.fromisoformat(period["valid_from"]) < start]
        if reason not in _OF_THE_BENEFIT or not any(
            _lasted_on(period, day) for period in perhaps for day in look_back
        ):
            return answer | {"reason": reason}
        in_doubt = in_doubt or "target_group_uncertain"
        break

    municipality = _municipality_on(today, standing, law)
    if in_doubt:
        waits = {"outcome": "undecided", "reason": in_doubt, "review_on": today.isoformat()}
        return answer | waits | {"municipality_code": municipality}
    if municipality is None:
        return answer | {"outcome": "undecided", "reason": "residence_unknown", "review_on": review}
    answer["municipality_code"] = municipality
    units = [
        unit
        for unit, first, end in law["routes"].get(municipality, [])
        if date.fromisoformat(first) <= today and (end is None or today < date.fromisoformat(end))
    ]
    if not units:
        return answer | {"outcome": "undecided", "reason": "no_responsible_unit", "review_on": review}
    right_ends = months_after(date.fromisoformat(enrolment["admission_date"]), rules["mentor_months"])
    return answer | {
        "outcome": "obliged",
        "reason": "obliged",
        "unit_id": units[0],
        "mentor_last_day": (right_ends - timedelta(days=1)).isoformat(),
    }


def _months_are_over(today: date, start: date, rules: Plain) -> bool:
    """Whether the months since the start are used up; on their last day itself only where that day is not counted."""
    last = months_after(start, rules["window_months"])
    return today > last or (today == last and not rules["last_day_counts"])


def _no(reason: str, version: str) -> Plain:
    return {
        "outcome": "not_obliged",
        "reason": reason,
        "law_version": version,
        "enrolment_id": None,
        "municipality_code": None,
        "unit_id": None,
        "mentor_last_day": None,
        "review_on": None,
        "contradicted_by": [],
    }


def _better(one: Plain, other: Plain) -> bool:
    """Obliged beats undecided beats not obliged; then the nearer miss; then the later start; then the id."""
    outcomes = ("not_obliged", "undecided", "obliged")
    if one["outcome"] != other["outcome"]:
        return outcomes.index(one["outcome"]) > outcomes.index(other["outcome"])
    if one["outcome"] == "not_obliged" and one["reason"] != other["reason"]:
        return _QUESTIONS.index(one["reason"]) > _QUESTIONS.index(other["reason"])
    if one["_start"] != other["_start"]:
        return bool(one["_start"] > other["_start"])
    return bool(one["enrolment_id"] > other["enrolment_id"])


def _version(message: Plain, law: Plain) -> str:
    today = danish_date(message["registered_at"])
    begun = [version for version in law["rules"] if date.fromisoformat(version) <= today]
    return max(begun, default="none")


def _enrolments(standing: list[Plain], law: Plain) -> list[Plain]:
    """Each enrolment as its own institution said last, with the end that was registered after that."""
    result = []
    for _, said in _by_subject(standing, "enrolment_id", law):
        whole = [word for word in said if word["content"]["kind"] != "enrolment.ended"]
        if not whole:
            continue
        last = max(whole, key=_when_registered)
        ends = [
            word
            for word in said
            if word["content"]["kind"] == "enrolment.ended" and _registered(word) >= _registered(last)
        ]
        enrolment = dict(last["content"])
        if ends:
            enrolment["ended_on"] = max(ends, key=_when_registered)["content"]["ended_on"]
        result.append(enrolment)
    return result


def _periods(standing: list[Plain], law: Plain) -> list[Plain]:
    """Each benefit period as its own municipality said last, without those that it annulled after that."""
    return [period["content"] for period in _not_annulled(standing, "period_id", law)]


def _not_annulled(standing: list[Plain], field: str, law: Plain) -> list[Plain]:
    """The last word on each, where nothing was annulled in that moment or later."""
    result = []
    for _, said in _by_subject(standing, field, law):
        annulled = [_registered(word) for word in said if word["content"]["kind"].endswith(".annulled")]
        whole = [
            word
            for word in said
            if not word["content"]["kind"].endswith(".annulled")
            and all(moment < _registered(word) for moment in annulled)
        ]
        if whole:
            result.append(max(whole, key=_when_registered))
    return result


def _municipality_on(today: date, standing: list[Plain], law: Plain) -> str | None:
    homes = _not_annulled(standing, "residence_id", law)
    begun = [home for home in homes if date.fromisoformat(home["content"]["valid_from"]) <= today]
    if not begun:
        return None
    last = max(
        begun,
        key=lambda home: (home["content"]["valid_from"], _registered(home), _when_appended(home)),
    )
    return str(last["content"]["municipality_code"])


def _by_subject(standing: list[Plain], field: str, law: Plain) -> list[tuple[tuple[str, str], list[Plain]]]:
    subjects: dict[tuple[str, str], list[Plain]] = {}
    for word in standing:
        if field in word["content"]:
            subjects.setdefault((_owner(word, standing, law), word["content"][field]), []).append(word)
    return sorted(subjects.items())


_TAKE_BACK = ("enrolment.ended", "benefit-period.annulled", "residence.annulled", "dropout-risk.withdrawn")


def _owner(word: Plain, standing: list[Plain], law: Plain) -> str:
    """The institution (municipality, register) whose matter this is: the speaker, or one that it has taken over.

    Who has taken over another speaks of what the other had registered, unless it had registered the same itself before.
    """
    if "_owner" in word:
        return str(word["_owner"])
    field, name = _names(word)
    begun: dict[str, list[str]] = {}
    for other in standing:
        if not _takes_back(other) and _names(other) == (field, name):
            begun.setdefault(other["sender"], []).append(
                danish_date(other["origin"]["appended_at"]).isoformat()
            )
    today = danish_date(word["origin"]["appended_at"]).isoformat()

    def look(number: str, passed: list[str]) -> str | None:
        for before, until in law["taken_over"].get(number, []):
            already = number in begun and min(begun[number]) < until
            if until <= today and not already and before not in passed:
                found = look(before, [*passed, number])
                if found:
                    return found
        return number if number in begun else None

    return look(word["sender"], []) or str(word["sender"])


def _names(word: Plain) -> tuple[str, str]:
    """By what field and id a statement speaks of its matter."""
    about = word["content"]
    for field in ("enrolment_id", "period_id", "residence_id", "message_id"):
        if field in about:
            return field, about[field]
    return "message_id", word["event_id"]


def _lasted_on(period: Plain, day: date) -> bool:
    text = day.isoformat()
    return bool(period["valid_from"] <= text and (period["valid_to"] is None or text <= period["valid_to"]))


def _one_house(law: Plain, one: str, other: str) -> bool:
    """Whether two institutions are the same today, one having been taken over by the other."""
    for _ in law["successors"]:
        one, other = law["successors"].get(one, one), law["successors"].get(other, other)
    return one == other


def _registered(word: Plain) -> datetime:
    return datetime.fromisoformat(word["registered_at"])


def _when_registered(word: Plain) -> tuple[datetime, bool, tuple[datetime, str, int, int]]:
    """What was registered in one moment: the correction after what it corrects, then as the brokers got it."""
    return (_registered(word), word["content"]["kind"].endswith(".corrected"), _when_appended(word))


def _when_appended(word: Plain) -> tuple[datetime, str, int, int]:
    return (datetime.fromisoformat(word["origin"]["appended_at"]), *_place(word))


def _place(word: Plain) -> tuple[str, int, int]:
    origin = word["origin"]
    return (origin["topic"], origin["partition"], origin["offset"])


def months_after(day: date, months: int) -> date:
    """The same day of the month `months` later, or the last one before it that exists."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def danish_date(moment: str) -> date:
    """The date in Denmark, by the EU's summer time: from March's to October's last Sunday, 01:00 UTC."""
    at = datetime.fromisoformat(moment).astimezone(UTC)

    def last_sunday(month: int) -> datetime:
        day = date(at.year, month, 31)
        while day.weekday() != 6:
            day -= timedelta(days=1)
        return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)

    summer = last_sunday(3) <= at < last_sunday(10)
    return (at + timedelta(hours=2 if summer else 1)).date()
