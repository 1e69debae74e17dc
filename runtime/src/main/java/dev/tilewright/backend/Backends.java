package dev.tilewright.backend;

import static java.lang.System.Logger.Level.INFO;

import dev.tilewright.database.Machine;
import dev.tilewright.database.ThisMachine;
import dev.tilewright.kernel.Applicability;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The backends of this process, asked once whether they run here. */
public final class Backends {
  /** How the reason begins why a backend does not run that the user does not want. */
  private static final String SWITCHED_OFF = "switched off";

  /** Order of preference for operators that several backends have. */
  private static final List<String> PREFERENCE = List.of("native", "vector", "reference");

  private final Map<Backend, Applicability> all;

  private @Nullable Machine machine;

  private Backends(Map<Backend, Applicability> all) {
    this.all = all;
  }

  /** Every backend on the module or class path; found once. */
  public static Backends load() {
    return Loaded.BACKENDS;
  }

  /**
   * Finds them in another thread, for who will ask soon and has something else to do until then.
   */
  public static void loadSoon() {
    Soon.start();
  }

  /** Starts a thread when it is initialized, so once. */
  private static final class Soon {
    static {
      Thread.ofPlatform().daemon().name("tilewright-backends").start(Backends::load);
    }

    static void start() {}
  }

  private static final class Loaded {
    static final Backends BACKENDS =
        of(ServiceLoader.load(Backend.class, Backend.class.getClassLoader()));
  }

  /** These backends, for tests. */
  public static Backends of(Iterable<Backend> backends) {
    List<Backend> sorted = new ArrayList<>();
    backends.forEach(sorted::add);
    sorted.sort(Comparator.comparingInt(b -> PREFERENCE.indexOf(b.name())));
    Map<Backend, Applicability> all = new LinkedHashMap<>();
    for (Backend backend : sorted) {
      Applicability available = backend.available();
      all.put(backend, available);
      if (available instanceof Applicability.No(String reason)
          && !reason.startsWith(SWITCHED_OFF)) {
        // To have a logger takes a start 20 ms.
        System.getLogger(Backends.class.getName())
            .log(INFO, "backend {0} is not used: {1}", backend.name(), reason);
      }
    }
    return new Backends(all);
  }

  /** What measurements made in this process are valid for; the system is asked once. */
  public synchronized Machine machine() {
    Machine known = machine;
    if (known == null) {
      known = ThisMachine.describe(revisions());
      machine = known;
    }
    return known;
  }

  private String revisions() {
    return all.entrySet().stream()
        .filter(e -> e.getValue().isYes())
        .map(e -> e.getKey().name() + "=" + e.getKey().revision())
        .sorted()
        .collect(Collectors.joining(" "));
  }

  /** Every backend found, and whether it runs here. */
  public Map<String, Applicability> availability() {
    Map<String, Applicability> answer = new LinkedHashMap<>();
    all.forEach((backend, applicability) -> answer.put(backend.name(), applicability));
    return answer;
  }

  /** Of the first backend that runs here and has some. */
  Optional<LargePages> largePages() {
    return all.entrySet().stream()
        .filter(e -> e.getValue().isYes())
        .flatMap(e -> e.getKey().largePages().stream())
        .findFirst();
  }

  /**
   * The backends that may be used for a choice, preferred ones first. The reference is always last
   * among them: it computes whatever nothing else can.
   *
   * @param choice {@code auto} or the name of one
   * @throws IllegalArgumentException if there is no such backend, or it does not run here; the
   *     message says why
   */
  public List<Backend> usable(String choice) {
    if (!choice.equals("auto")) {
      Backend named =
          all.keySet().stream()
              .filter(b -> b.name().equals(choice))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "no backend '" + choice + "', there is auto and " + availability().keySet()));
      if (all.get(named) instanceof Applicability.No(String reason)) {
        throw new IllegalArgumentException("backend '" + choice + "' does not run here: " + reason);
      }
    }
    return all.entrySet().stream()
        .filter(e -> e.getValue().isYes())
        .map(Map.Entry::getKey)
        .filter(
            b -> choice.equals("auto") || b.name().equals(choice) || b.name().equals("reference"))
        .toList();
  }
}
