package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final Turns.Limits SHORT = new Turns.Limits(8, 0, 0);

  private final List<String> played = new ArrayList<>();

  /** Writes down whose turn it is. */
  private final class Player implements Contender {
    private final String name;

    Player(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void run() {
      if (played.isEmpty() || !played.getLast().equals(name)) {
        played.add(name);
      }
      try {
        Thread.sleep(30);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public Map<String, Tensor> outputs() {
      return Map.of();
    }

    @Override
    public void close() {}
  }

  @Test
  void everyRoundBeginsWithAnotherAndGoesBackAgain() {
    Turns.Timings timings =
        new Turns(List.of(new Player("A"), new Player("B"), new Player("C")), SHORT).play();
    assertThat(String.join("", played)) // the first ABC warms up
        .isEqualTo("ABC" + "ABCBA" + "BCACB");
    assertThat(timings.rounds()).hasSize(2);
    assertThat(timings.rounds())
        .allSatisfy(round -> {
          assertThat(round.millis()).hasSize(3);
          assertThat(round.millis()).allSatisfy(runs -> assertThat(runs).hasSize(4));
        });
  }

  @Test
  void ratiosAreThoseOfTheMedianRound() {
    Turns.Timings timings =
        new Turns.Timings(List.of(round(1, 2, 4), round(10, 30, 40), round(2, 5, 8)), true);
    assertThat(timings.ratio(1, 0).value()).isCloseTo(2.5, within(1e-12));
    assertThat(timings.ratio(0, 2).value()).isCloseTo(0.25, within(1e-12));
    assertThat(timings.median(1)).isEqualTo(5);
  }

  private static Turns.Round round(double... millis) {
    List<List<Double>> runs = new ArrayList<>();
    for (double one : millis) {
      runs.add(List.of(one, one, one));
    }
    return new Turns.Round(runs);
  }
}
