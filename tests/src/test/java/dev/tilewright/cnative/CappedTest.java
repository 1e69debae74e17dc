package dev.tilewright.cnative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Platform;
import dev.tilewright.ChildJvm;
import dev.tilewright.SelectedTests;
import dev.tilewright.conv.ConvConformanceTest;
import dev.tilewright.kernel.Applicability;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The C kernels as lesser CPUs of this platform run them, and under the JVM's own checks. The
 * environment decides when the library is loaded, so each needs a JVM of its own.
 */
class CappedTest {
  /** Started together: each keeps one processor busy. */
  private static final Map<Isa, CompletableFuture<ChildJvm.Result>> CAPPED = new HashMap<>();

  static List<Isa> caps() {
    List<Isa> isas = Isa.of(Platform.RESOURCE_PREFIX);
    return isas.subList(0, isas.size() - 1);
  }

  @BeforeAll
  static void start() {
    Applicability available = new NativeBackend().available();
    assumeTrue(available.isYes(), available.toString());
    for (Isa cap : caps()) {
      CAPPED.put(
          cap,
          ChildJvm.start(
              Map.of(Isa.VARIABLE, cap.toString()),
              flags(),
              SelectedTests.class,
              List.of(ConvConformanceTest.class.getName(), NativeConvTest.class.getName())));
    }
  }

  private static List<String> flags(String... more) {
    List<String> flags = new ArrayList<>(List.of(more));
    flags.addAll(
        List.of("--add-modules=jdk.incubator.vector", "-Dtilewright.test.backends=native"));
    return flags;
  }

  @ParameterizedTest
  @MethodSource("caps")
  void conformanceHoldsUnderTheCap(Isa cap) throws Exception {
    ChildJvm.Result result = CAPPED.get(cap).get();
    System.out.println(Isa.VARIABLE + "=" + cap + ": " + result.lastLine());
    assertThat(result.code()).as(result.output()).isZero();
  }

  @Test
  void theJvmHasNothingToSayAboutOurCalls() throws Exception {
    ChildJvm.Result result =
        ChildJvm.run(
            Map.of(),
            flags("-Xcheck:jni"),
            SelectedTests.class,
            List.of(NativeConvTest.class.getName()));
    System.out.println("-Xcheck:jni: " + result.lastLine());
    assertThat(result.code()).as(result.output()).isZero();
    assertThat(complaints(result.output())).isEmpty();
  }

  /** What -Xcheck:jni prints, each with its stack; but for what JNA does to load itself. */
  private static List<String> complaints(String output) {
    return Pattern.compile(
            "^(?:WARNING|FATAL ERROR) in native.*\\R(?:\\tat .*\\R)*", Pattern.MULTILINE)
        .matcher(output)
        .results()
        .map(MatchResult::group)
        .filter(complaint -> !complaint.contains("com.sun.jna.Native.<clinit>"))
        .toList();
  }

  @Test
  void aComplaintIsFoundUnlessItIsOfJnaItself() {
    String ours = "WARNING in native method: x\n\tat dev.tilewright.A.b(C.java)\n";
    String jna = "WARNING in native method: x\n\tat com.sun.jna.Native.<clinit>(Native.java:1)\n";
    assertThat(complaints("a\n" + jna + "b\n" + ours + jna)).containsExactly(ours);
  }
}
