package peers;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams: the same state in a store in memory with a changelog, the same decisions, all replicas. */
public final class Match {
  static volatile long processed;
  private static volatile long beganNs;
  private static volatile long cpuBeganNs;
  private static volatile long acknowledgedNs;
  private static final AtomicLong SENT = new AtomicLong();
  private static final AtomicLong ACKNOWLEDGED = new AtomicLong();

  /** Counts what is sent and what the brokers have, changelog included. */
  public static final class Counter implements ProducerInterceptor<byte[], byte[]> {
    @Override
    public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
      SENT.incrementAndGet();
      return record;
    }

    @Override
    public void onAcknowledgement(RecordMetadata metadata, Exception error) {
      acknowledgedNs = System.nanoTime();
      ACKNOWLEDGED.incrementAndGet();
    }

    @Override
    public void close() {}

    @Override
    public void configure(Map<String, ?> settings) {}
  }

  static void begin() {
    if (beganNs == 0) {
      cpuBeganNs = cpuNs();
      beganNs = System.nanoTime();
    }
  }

  private static long cpuNs() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, String> given = System.getenv();
    String name = given.get("PEER_NAME");
    Law law = new Law(new ObjectMapper().readTree(Path.of(given.get("PEER_LAW")).toFile()));
    var store = Stores.keyValueStoreBuilder(
        Stores.inMemoryKeyValueStore("people"), Serdes.Bytes(), Serdes.ByteArray());
    Topology topology = new Topology()
        .addSource("events", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "person-events")
        .addProcessor("match", () -> new Step(law), "events")
        .addStateStore(store, "match")
        .addSink("out", name + "-decisions", new ByteArraySerializer(), new ByteArraySerializer(), "match");
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, given.get("PEER_BROKER"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, given.get("PEER_DATA"));
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG), Counter.class.getName());
    KafkaStreams streams = new KafkaStreams(topology, settings);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
    long wanted = Long.parseLong(given.get("PEER_EVENTS"));
    while (processed < wanted || ACKNOWLEDGED.get() < SENT.get()) {
      Thread.sleep(2);
    }
    write(Path.of(given.get("PEER_MARKS")));
    Thread.sleep(Long.MAX_VALUE);
  }

  private static void write(Path marks) throws IOException {
    double peak = Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024).findFirst().orElse(0);
    Path part = marks.resolveSibling(marks.getFileName() + ".part");
    Files.writeString(part, String.format(Locale.ROOT, "{\"seconds\": %f, \"cpu_seconds\": %f, \"peak_mb\": %f}",
        (acknowledgedNs - beganNs) / 1e9, (cpuNs() - cpuBeganNs) / 1e9, peak));
    Files.move(part, marks, StandardCopyOption.ATOMIC_MOVE);
  }
}
