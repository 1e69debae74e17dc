package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JmhSubjectTest {
  @TempDir private Path dir = Path.of("");

  @Test
  void setsUpAndCalls() throws Exception {
    Path classes =
        JmhProject.compile(
            dir,
            """
            class Base { int ready; @Setup public void base() { ready = 1; } }
            @State(Scope.Thread) @Fork
            public class B extends Base {
              public static String seen = "";
              @Param({"7", "8"}) int size;
              @Param({"left", "right"}) private String side;
              @Setup(Level.Trial) public void prepare() { ready *= 10 * size; }
              @Benchmark public int number() { seen += "n" + ready; return ready; }
              @Benchmark public void hole(Blackhole hole) { hole.consume(seen += "h" + side); }
              @Benchmark public double real() { seen += "r"; return 1.5; }
              @Benchmark public boolean truth() { seen += "t"; return true; }
              @Benchmark public Object thing() { seen += "o"; return seen; }
              @Benchmark public static void still() { seen += "s"; }
            }
            """,
            List.of("number"));
    for (String[] expected :
        new String[][] {
          {"number", "n70n70"},
          {"hole", "hlefthleft"},
          {"real", "rr"},
          {"truth", "tt"},
          {"thing", "oo"},
          {"still", "ss"}
        }) {
      try (SideLoader loader = new SideLoader(List.of(classes), false)) {
        subject(loader, "p.B." + expected[0]).accept(2);
        assertThat(loader.loadClass("p.B").getField("seen").get(null)).isEqualTo(expected[1]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "@Setup(Level.Invocation) public void s() {} @Benchmark public void m() {} | Invocation",
        "@TearDown(Level.Iteration) public void s() {} @Benchmark public void m() {} | Iteration",
        "@Setup public void s(Blackhole b) {} @Benchmark public void m() {} | takes arguments",
        "@Benchmark public void m(String other) {} | only a Blackhole can be given",
        "@Benchmark @Threads(2) public void m() {} | several @Threads",
        "@Benchmark @Fork(jvmArgs = \"-Xint\") public void m() {} | flags of the JVM",
        "@Param(\"1\") int[] a; @Benchmark public void m() {} | @Param of type [I",
        "public void m() {} | 0 methods with @Benchmark",
      })
  void refusesWhatOnlyJmhDoes(String body, String reason) throws IOException {
    Path classes = JmhProject.compile(dir, "public class B { " + body + " }", List.of("m"));
    try (SideLoader loader = new SideLoader(List.of(classes), false)) {
      assertThatThrownBy(() -> subject(loader, "p.B.m"))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining(reason);
    }
  }

  @Test
  void findsBenchmarksInTheListOfJmh() throws IOException {
    Path classes =
        JmhProject.compile(
            dir,
            "public class B { @Benchmark public void m() {} @Benchmark public void n() {} }",
            List.of("m", "n", "m"));
    assertThat(JmhJar.benchmarks(Side.resolve(classes.toString())))
        .containsExactly("p.B.m", "p.B.n");
    Path empty = Files.createDirectories(dir.resolve("empty"));
    assertThat(JmhJar.benchmarks(Side.resolve(empty.toString()))).isEmpty();
    assertThatThrownBy(() -> JmhJar.parse("a.jar", "JMH S 99999999999 x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a.jar");
  }

  private static IntConsumer subject(SideLoader loader, String name)
      throws ReflectiveOperationException {
    return (IntConsumer)
        loader
            .loadClass("dev.tilewright.gate.JmhSubject")
            .getConstructor(String.class)
            .newInstance(name);
  }
}
