package peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/** The duty as the rules of commit 360a842 judge it, for the kinds of events that the backlog has. */
final class Verdicts {
  private static final ZoneId COPENHAGEN = ZoneId.of("Europe/Copenhagen");
  private final ObjectMapper mapper;
  private final Law law;

  Verdicts(ObjectMapper mapper, Law law) {
    this.mapper = mapper;
    this.law = law;
  }

  ObjectNode of(JsonNode message, Iterable<JsonNode> events) {
    LocalDate day = Instant.parse(message.get("registered_at").textValue()).atZone(COPENHAGEN).toLocalDate();
    Law.RuleSet rules = law.on(day);
    ObjectNode evidence = mapper.createObjectNode().put("message_date", day.toString());
    if (rules == null) {
      return verdict("not_obliged", "law_not_in_force", "none", evidence);
    }
    String review = day.plusDays(rules.review()).toString();
    JsonNode enrolment = enrolment(events, message.get("content").get("institution_number").textValue());
    if (enrolment == null) {
      addHome(events, day, evidence);
      return verdict("undecided", "enrolment_unknown", rules.version(), evidence).put("review_on", review);
    }
    LocalDate start = date(enrolment, "study_start");
    LocalDate end = start.plusMonths(rules.window());
    copy(enrolment, evidence, "enrolment_id", "institution_number", "education_type", "admission_date", "study_start");
    evidence.put("window_end", end.toString()).put("look_back_days", rules.lookBack());
    String objection = day.isBefore(start) ? "before_study_start"
        : !day.isBefore(end) ? "after_window"
        : !law.covered.contains(enrolment.get("education_type").textValue()) ? "education_not_covered" : null;
    if (objection != null) {
      return verdict("not_obliged", objection, rules.version(), evidence);
    }
    objection = addPeriod(events, start, rules, evidence);
    if (objection != null) {
      return verdict("not_obliged", objection, rules.version(), evidence);
    }
    String municipality = addHome(events, day, evidence);
    String unit = municipality == null ? null : law.unit(municipality, day);
    if (unit == null) {
      String reason = municipality == null ? "residence_unknown" : "no_responsible_unit";
      return verdict("undecided", reason, rules.version(), evidence).put("review_on", review);
    }
    LocalDate mentor = date(enrolment, "admission_date").plusMonths(rules.mentor()).minusDays(1);
    return verdict("obliged", "obliged", rules.version(), evidence)
        .put("unit_id", unit).put("mentor_last_day", mentor.toString());
  }

  private ObjectNode verdict(String outcome, String reason, String version, ObjectNode evidence) {
    ObjectNode made = mapper.createObjectNode();
    made.put("outcome", outcome).put("reason", reason).put("law_version", version).set("evidence", evidence);
    return made;
  }

  private JsonNode enrolment(Iterable<JsonNode> events, String institution) {
    JsonNode latest = null;
    for (JsonNode event : events) {
      JsonNode one = event.get("content");
      if (one.get("kind").textValue().equals("enrolment.registered")
          && law.institution(one.get("institution_number").textValue()).equals(law.institution(institution))
          && (latest == null || text(one, "study_start").compareTo(text(latest, "study_start")) > 0)) {
        latest = one;
      }
    }
    return latest;
  }

  /** The objection of the target group, or null. */
  private String addPeriod(Iterable<JsonNode> events, LocalDate start, Law.RuleSet rules, ObjectNode evidence) {
    JsonNode last = null;
    JsonNode first = null;
    for (JsonNode event : events) {
      JsonNode one = event.get("content");
      if (!one.get("kind").textValue().equals("benefit-period.registered")
          || !rules.groups().contains(text(one, "benefit_type") + "/" + text(one, "target_group"))) {
        continue;
      }
      if (first == null || begin(one).compareTo(begin(first)) < 0) {
        first = one;
      }
      if (date(one, "valid_from").isBefore(start) && (last == null || span(one).compareTo(span(last)) > 0)) {
        last = one;
      }
    }
    JsonNode shown = last == null ? first : last;
    if (shown == null) {
      return "no_target_group_period_known";
    }
    copy(shown, evidence, "period_id", "benefit_type", "target_group", "valid_from", "valid_to");
    if (last == null) {
      return "target_group_began_after_start";
    }
    LocalDate to = date(last, "valid_to");
    return to != null && to.isBefore(start.minusDays(rules.lookBack())) ? "target_group_ended_too_early" : null;
  }

  private static String begin(JsonNode period) {
    return text(period, "valid_from") + text(period, "period_id");
  }

  private static String span(JsonNode period) {
    String to = text(period, "valid_to");
    return (to == null ? "9999-12-31" : to) + begin(period);
  }

  private static String addHome(Iterable<JsonNode> events, LocalDate day, ObjectNode evidence) {
    JsonNode home = null;
    String order = "";
    for (JsonNode event : events) {
      JsonNode one = event.get("content");
      if (!one.get("kind").textValue().equals("residence.registered") || date(one, "valid_from").isAfter(day)) {
        continue;
      }
      String own = text(one, "valid_from") + text(event, "registered_at") + text(one, "residence_id");
      if (own.compareTo(order) > 0) {
        home = one;
        order = own;
      }
    }
    if (home == null) {
      return null;
    }
    copy(home, evidence, "municipality_code", "residence_id");
    return text(home, "municipality_code");
  }

  private static void copy(JsonNode from, ObjectNode to, String... names) {
    for (String name : names) {
      if (from.hasNonNull(name)) {
        to.set(name, from.get(name));
      }
    }
  }

  private static String text(JsonNode node, String name) {
    JsonNode found = node.get(name);
    return found == null ? null : found.textValue();
  }

  private static LocalDate date(JsonNode node, String name) {
    String found = text(node, name);
    return found == null ? null : LocalDate.parse(found);
  }
}
