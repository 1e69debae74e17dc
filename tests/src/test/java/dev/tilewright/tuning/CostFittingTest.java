package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.CostFit;
import dev.tilewright.database.Machine;
import dev.tilewright.plan.Correction;
import dev.tilewright.tuning.CostFitting.Sample;
import dev.tilewright.tuning.TuningReport.Quality;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is learnt from some layers has to help with others. */
class CostFittingTest {
  private static final Machine HERE =
      new Machine("Acme 1", "avx2", "L1 32K L2 64K", 2, "Acme 25", "native=1");

  private static final CostFitting FITTING = new CostFitting(HERE, List.<Backend>of());

  private static ConvProblem pointwise(int channels, int side) {
    return ConvProblem.parse(
        "n1g1c" + channels + "k64_i" + side + "x" + side + "_f1x1_s1x1_d1x1_p0,0,0,0_bias_relu");
  }

  /** An optimist takes three times as long as it says and a pessimist half, with 5 % noise. */
  private static List<Sample> fabricated(int problems, long seed) {
    Random random = new Random(seed);
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < problems; i++) {
      ConvProblem problem = pointwise(16 + random.nextInt(1000), 7 + random.nextInt(50));
      double work = problem.shape().macs() / 50.0;
      for (int mr = 1; mr <= 3; mr++) {
        Tile tile = new Tile(Map.of("mr", mr));
        double noise = Math.exp(0.05 * random.nextGaussian());
        double slow = mr == 2 ? 1.5 : 1;
        samples.add(new Sample(problem, "a.optimist", tile, work, 3 * slow * work * noise));
        samples.add(
            new Sample(problem, "a.pessimist", tile, 1.1 * work, 0.55 * slow * work * noise));
      }
    }
    return samples;
  }

  @Test
  void findsTheFactorsOfAlgorithmsAndTiles() {
    Correction found = Correction.of(FITTING.fit(fabricated(40, 1)));
    ConvProblem unseen = pointwise(333, 33);
    Tile usual = new Tile(Map.of("mr", 1));
    Tile slow = new Tile(Map.of("mr", 2));
    double optimist = found.factor("a.optimist", usual, unseen);
    assertThat(optimist / found.factor("a.pessimist", usual, unseen)).isCloseTo(6, within(0.4));
    assertThat(found.factor("a.optimist", slow, unseen) / optimist).isCloseTo(1.5, within(0.1));
    // What was never measured is as slow here as all else.
    assertThat(found.factor("a.unknown", usual, unseen)).isBetween(0.55, 3.5);
  }

  @Test
  void ranksLayersThatItHasNotSeen() {
    List<Sample> unseen = fabricated(20, 2);
    Correction found = Correction.of(FITTING.fit(fabricated(20, 1)));
    Quality before = CostFitting.quality(unseen);
    Quality after = CostFitting.quality(unseen.stream().map(s -> s.corrected(found)).toList());
    assertThat(before.regret()).isGreaterThan(3);
    assertThat(after.regret()).isLessThan(0.1);
    assertThat(after.correlation()).isGreaterThan(before.correlation() + 0.5);
  }

  @Test
  void oneSampleIsNotBelievedAltogether() {
    Tile tile = new Tile(Map.of("mr", 1));
    ConvProblem problem = pointwise(128, 14);
    List<Sample> samples = new ArrayList<>(fabricated(20, 3));
    samples.removeIf(s -> s.algorithm().equals("a.pessimist"));
    samples.add(new Sample(problem, "a.once", tile, 1000, 100_000));
    List<CostFit> fits = FITTING.fit(samples);
    double factor = Correction.of(fits).factor("a.once", tile, problem);
    assertThat(factor).isBetween(3.0, 8.0);
  }

  /** Of 14 layers, real times: half of them teach and the others are the examination. */
  @Test
  void recordedTimesOfSomeLayersRankTheOthersBetter() throws IOException {
    List<Sample> all = recorded();
    for (int odd = 0; odd < 2; odd++) {
      List<Sample> taught = new ArrayList<>();
      List<Sample> examined = new ArrayList<>();
      List<String> shapes = all.stream().map(s -> s.problem().work()).distinct().toList();
      for (Sample sample : all) {
        int index = shapes.indexOf(sample.problem().work());
        (index % 2 == odd ? taught : examined).add(sample);
      }
      Correction found = Correction.of(FITTING.fit(taught));
      Quality before = CostFitting.quality(examined);
      Quality after = CostFitting.quality(examined.stream().map(s -> s.corrected(found)).toList());
      assertThat(after.correlation()).isGreaterThan(before.correlation() + 0.1);
      assertThat(after.regret()).isLessThanOrEqualTo(before.regret());
    }
    Quality before = CostFitting.quality(all);
    Quality after = FITTING.validated(all);
    assertThat(after.correlation()).isGreaterThan(before.correlation() + 0.1);
    assertThat(after.regret()).isLessThan(before.regret());
  }

  private static List<Sample> recorded() throws IOException {
    try (InputStream in = CostFittingTest.class.getResourceAsStream("times-zen4-avx2.tsv");
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(
                    Objects.requireNonNull(in, "times-zen4-avx2.tsv"), StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t", -1))
          .map(f ->
              new Sample(
                  ConvProblem.parse(f[0]),
                  f[1],
                  f[2].equals("-") ? Tile.NONE : Tile.parse(f[2]),
                  1e3 * Double.parseDouble(f[3]),
                  1e3 * Double.parseDouble(f[4])))
          .toList();
    }
  }
}
