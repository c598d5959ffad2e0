package peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** One event into its person's record; each new revision goes out. */
final class Step implements Processor<byte[], byte[], byte[], byte[]> {
  private static final Comparator<JsonNode> ORDER = Comparator
      .comparing((JsonNode origin) -> java.time.Instant.parse(origin.get("appended_at").textValue()))
      .thenComparing(origin -> origin.get("topic").textValue())
      .thenComparing(origin -> origin.get("partition").intValue())
      .thenComparing(origin -> origin.get("offset").longValue());
  private final ObjectMapper mapper = new ObjectMapper();
  private final Verdicts verdicts;
  private final MessageDigest digests;
  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<Bytes, byte[]> people;

  Step(Law law) {
    verdicts = new Verdicts(mapper, law);
    try {
      digests = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error);
    }
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> given) {
    context = given;
    people = given.getStateStore("people");
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    Match.begin();
    try {
      for (byte[] decision : step(record)) {
        context.forward(record.withValue(decision));
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    Match.processed++;
  }

  private List<byte[]> step(Record<byte[], byte[]> record) throws IOException {
    var place = context.recordMetadata().orElseThrow();
    Bytes key = Bytes.wrap(record.key());
    byte[] known = people.get(key);
    ObjectNode person = known == null ? empty(record.key()) : (ObjectNode) mapper.readTree(known);
    ArrayNode events = (ArrayNode) person.get("events");
    boolean isRepeat = !put(events, mapper.readTree(record.value()));
    boolean again = isRepeat || place.offset() <= person.get("applied").longValue();
    ObjectNode cause = mapper.createObjectNode().put("partition", place.partition()).put("offset", place.offset());
    ObjectNode decided = (ObjectNode) person.get("decided");
    List<byte[]> made = new ArrayList<>();
    for (JsonNode event : events) {
      if (!event.get("content").get("kind").textValue().equals("dropout-risk.raised")) {
        continue;
      }
      ObjectNode message = reference(event);
      ObjectNode verdict = verdicts.of(event, events);
      String digest = digest(verdict, message);
      String name = event.get("sender").textValue() + "/" + event.get("event_id").textValue();
      JsonNode last = decided.get(name);
      boolean isNew = last == null || !last.get("digest").textValue().equals(digest);
      if (isNew) {
        int revision = last == null ? 1 : last.get("revision").intValue() + 1;
        last = mapper.createObjectNode().put("revision", revision).put("digest", digest).set("cause", cause);
        decided.set(name, last);
      }
      if (isNew || again) {
        ObjectNode decision = mapper.createObjectNode();
        decision.set("message", message);
        decision.set("revision", last.get("revision"));
        decision.set("verdict", verdict);
        decision.set("cause", last.get("cause"));
        decision.set("sealed", event.get("sealed"));
        made.add(mapper.writeValueAsBytes(decision));
      }
    }
    person.put("applied", Math.max(place.offset(), person.get("applied").longValue()));
    people.put(key, mapper.writeValueAsBytes(person));
    return made;
  }

  private ObjectNode empty(byte[] key) {
    ObjectNode made = mapper.createObjectNode();
    made.put("person_id", new String(key, StandardCharsets.UTF_8)).put("applied", -1L);
    made.putArray("events");
    made.putObject("decided");
    return made;
  }

  /** Whether the event was put in: of two that say the same the one appended first stays. */
  private static boolean put(ArrayNode events, JsonNode event) {
    for (int at = 0; at < events.size(); at++) {
      JsonNode one = events.get(at);
      if (one.get("event_id").equals(event.get("event_id")) && one.get("sender").equals(event.get("sender"))
          && one.get("fingerprint").equals(event.get("fingerprint"))) {
        if (ORDER.compare(one.get("origin"), event.get("origin")) <= 0) {
          return false;
        }
        events.set(at, event);
        return true;
      }
    }
    events.add(event);
    return true;
  }

  private ObjectNode reference(JsonNode event) {
    ObjectNode made = mapper.createObjectNode();
    JsonNode risk = event.get("content");
    made.set("sender", event.get("sender"));
    made.set("message_id", event.get("event_id"));
    made.set("person_id", event.get("person_id"));
    made.set("registered_at", event.get("registered_at"));
    made.set("origin", event.get("origin"));
    for (String name : new String[] {"signals", "severity", "absence_percentage", "seen_at"}) {
      made.set(name, risk.get(name));
    }
    return made;
  }

  private String digest(ObjectNode verdict, ObjectNode message) throws IOException {
    digests.update(mapper.writeValueAsBytes(verdict));
    return HexFormat.of().formatHex(digests.digest(mapper.writeValueAsBytes(message)), 0, 12);
  }
}
