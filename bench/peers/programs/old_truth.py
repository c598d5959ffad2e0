"""What the rules of commit 360a842 say of a backlog with no broker and no stream, and its law for the peer in Java.

Standard input: lines of partition, key and value in base64. Standard output: one JSON object.
"""

import base64
import json
import sys
from collections import defaultdict

from old_rules import LAW, judge, person_bytes, read_person


def main() -> None:
    people: dict[bytes, object] = {}
    offsets: dict[int, int] = defaultdict(int)
    decisions = []
    for line in sys.stdin:
        place, key, value = line.split()
        partition, name = int(place), base64.b64decode(key)
        person = people.get(name) or read_person(name, None)
        people[name], made = judge(person, base64.b64decode(value), partition, offsets[partition])
        offsets[partition] += 1
        decisions += [one.decode() for one in made]
    json.dump(
        {
            "decisions": decisions,
            "people": [person_bytes(one).decode() for one in people.values()],
            "law": _law(),
        },
        sys.stdout,
    )


def _law() -> dict[str, object]:
    return {
        "rule_sets": [
            {
                "version": rules.version,
                "in_force_from": str(rules.in_force_from),
                "window_months": rules.window_months,
                "look_back_days": rules.look_back_days,
                "mentor_months": rules.mentor_months,
                "review_days": rules.review_days,
                "target_groups": [f"{benefit.value}/{group.value}" for benefit, group in rules.target_groups],
            }
            for rules in LAW.rule_sets
        ],
        "covered": [kind.value for kind, is_covered in LAW.covered.items() if is_covered],
        "routes": [
            [code, route.unit_id, str(route.valid_from), route.valid_to and str(route.valid_to)]
            for code, routes in LAW.routes.items()
            for route in routes
        ],
        "successors": dict(LAW.successors),
    }


if __name__ == "__main__":
    main()
