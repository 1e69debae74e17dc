package dev.tilewright;

import dev.tilewright.backend.Backend;
import dev.tilewright.kernel.Applicability;
import java.util.List;
import java.util.ServiceLoader;

/** The backends of the class path. */
final class Backends {
  private Backends() {}

  static List<Backend> all() {
    return ServiceLoader.load(Backend.class).stream().map(ServiceLoader.Provider::get).toList();
  }

  /** Skips the test, and says why, if this machine lacks the backend; {@code auto} always runs. */
  static void require(String name) {
    if (name.equals("auto")) {
      return;
    }
    Backend backend =
        all().stream()
            .filter(b -> b.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no backend " + name));
    if (backend.available() instanceof Applicability.No no) {
      Shared.skip("backend " + name + ": " + no.reason());
    }
  }
}
