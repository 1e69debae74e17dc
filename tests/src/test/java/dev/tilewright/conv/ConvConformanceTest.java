package dev.tilewright.conv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.backend.Backend;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.tuning.Candidate;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every algorithm of every backend, with the tiles it proposes, against the definition. */
public class ConvConformanceTest {
  private static final long SEED = 20260101;

  /** The edges only, with a tile each: for machines that are emulated, or one of many. */
  private static final boolean QUICK = Boolean.getBoolean("tilewright.test.quick");

  /** Of the cases, one in so many is run. */
  private static final int EVERY = Integer.getInteger("tilewright.test.every", 1);

  static List<String> backendNames() {
    return ConvConformance.backends().stream().map(Backend::name).toList();
  }

  @ParameterizedTest
  @MethodSource("backendNames")
  void agreesWithReference(String name) {
    Backend backend = backend(name);
    Set<String> seen = new TreeSet<>();
    List<ConvProblem> cases = ConvCases.all(QUICK ? 0 : 40, SEED);
    for (int i = 0; i < cases.size(); i += EVERY) {
      ConvProblem problem = cases.get(i);
      try (ConvConformance conformance = new ConvConformance(problem, SEED + i, i % 2 == 1)) {
        for (ConvAlgorithm algorithm : backend.convolutions()) {
          if (algorithm.check(problem).isYes()) {
            seen.add(algorithm.id());
            // Two of its tiles, others for every case: a generated kernel each, which takes time.
            List<Tile> tiles = algorithm.tiles(problem);
            conformance.check(algorithm, tiles.get(i % tiles.size()));
            if (!QUICK) {
              conformance.check(algorithm, tiles.getFirst());
            }
            if (i % 4 == 0) {
              conformance.checkRepacked(algorithm, tiles.getFirst());
            }
          }
        }
      }
    }
    if (EVERY == 1) {
      assertThat(seen)
          .as("algorithms that applied to some case")
          .containsExactlyInAnyOrderElementsOf(
              backend.convolutions().stream()
                  .filter(a -> !refusesThisMachine(a, cases.getFirst()))
                  .map(ConvAlgorithm::id)
                  .toList());
    }
  }

  /** Whether an algorithm is out for what this CPU lacks or the environment forbids. */
  private static boolean refusesThisMachine(ConvAlgorithm algorithm, ConvProblem problem) {
    return algorithm.check(problem) instanceof Applicability.No no
        && (no.reason().startsWith("this CPU has no ")
            || no.reason().startsWith("switched off by "));
  }

  @ParameterizedTest
  @MethodSource("backendNames")
  void costsAreAtLeastTheWorkAndFinite(String name) {
    for (ConvProblem problem : ConvCases.all(60, SEED)) {
      for (Candidate candidate : Candidate.all(List.of(backend(name)), problem)) {
        Cost cost = candidate.algorithm().cost(problem, candidate.tile());
        assertThat(cost.fmas())
            .as("%s [%s] %s", candidate.algorithm().id(), candidate.tile(), problem.key())
            .isPositive()
            .isFinite();
        assertThat(cost.bytes()).isNotNegative().isFinite();
        assertThat(cost.efficiency()).isPositive().isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void idsStartWithTheBackendsNameAndAreUnique() {
    Set<String> ids = new TreeSet<>();
    for (Backend backend : ConvConformance.backends()) {
      for (ConvAlgorithm algorithm : backend.convolutions()) {
        assertThat(algorithm.id()).startsWith(backend.name() + ".");
        assertThat(ids.add(algorithm.id())).as(algorithm.id()).isTrue();
      }
    }
  }

  private static Backend backend(String name) {
    return ConvConformance.backends().stream()
        .filter(b -> b.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
