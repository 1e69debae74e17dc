package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.backend.Backend;
import dev.tilewright.kernel.Applicability;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * On the build machine (CI=true) every backend must load: if one fell away silently, all other
 * tests would pass without it. Elsewhere a missing backend is skipped with its reason.
 */
class BackendAvailabilityTest {
  @Test
  void allBackendsAreFound() {
    assertThat(Backends.all())
        .extracting(Backend::name)
        .containsExactlyInAnyOrder("reference", "vector", "native");
  }

  @TestFactory
  Stream<DynamicTest> everyBackendIsAvailable() {
    return Backends.all().stream()
        .map(b -> DynamicTest.dynamicTest(b.name(), () -> isAvailable(b)));
  }

  private static void isAvailable(Backend backend) {
    if ("true".equals(System.getenv("CI"))) {
      assertThat(backend.available()).isEqualTo(Applicability.yes());
    } else {
      Backends.require(backend.name());
    }
    assertThat(backend.convolutions()).as("algorithms of " + backend.name()).isNotEmpty();
  }
}
