package peers;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The law of the yardstick, as `old_truth.py` has written it. */
final class Law {
  record RuleSet(String version, LocalDate from, int window, int lookBack, int mentor, int review, Set<String> groups) {}

  record Route(String unit, LocalDate from, LocalDate to) {}

  private final List<RuleSet> ruleSets = new ArrayList<>();
  private final Map<String, List<Route>> routes = new HashMap<>();
  private final Map<String, String> successors = new HashMap<>();
  final Set<String> covered = new HashSet<>();

  Law(JsonNode written) {
    for (JsonNode one : written.get("rule_sets")) {
      Set<String> groups = new HashSet<>();
      one.get("target_groups").forEach(group -> groups.add(group.textValue()));
      ruleSets.add(new RuleSet(one.get("version").textValue(), LocalDate.parse(one.get("in_force_from").textValue()),
          one.get("window_months").intValue(), one.get("look_back_days").intValue(),
          one.get("mentor_months").intValue(), one.get("review_days").intValue(), groups));
    }
    written.get("covered").forEach(kind -> covered.add(kind.textValue()));
    for (JsonNode one : written.get("routes")) {
      LocalDate to = one.get(3).isNull() ? null : LocalDate.parse(one.get(3).textValue());
      routes.computeIfAbsent(one.get(0).textValue(), code -> new ArrayList<>())
          .add(new Route(one.get(1).textValue(), LocalDate.parse(one.get(2).textValue()), to));
    }
    written.get("successors").properties().forEach(
        pair -> successors.put(pair.getKey(), pair.getValue().textValue()));
  }

  RuleSet on(LocalDate day) {
    for (RuleSet one : ruleSets) {
      if (!day.isBefore(one.from())) {
        return one;
      }
    }
    return null;
  }

  String unit(String municipality, LocalDate day) {
    for (Route one : routes.getOrDefault(municipality, List.of())) {
      if (!day.isBefore(one.from()) && (one.to() == null || day.isBefore(one.to()))) {
        return one.unit();
      }
    }
    return null;
  }

  /** The institution that `number` has become. */
  String institution(String number) {
    Set<String> seen = new HashSet<>();
    while (seen.add(number) && successors.containsKey(number)) {
      number = successors.get(number);
    }
    return number;
  }
}
