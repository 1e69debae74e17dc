package dev.tilewright.gate;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Somebody's project with JMH benchmarks, compiled into a directory. The annotations are declared
 * as JMH 1.37 declares them, as far as the gate looks at them.
 */
final class JmhProject {
  private static final Map<String, String> JMH =
      Map.of(
          "Benchmark",
          "@Retention(RetentionPolicy.RUNTIME) public @interface Benchmark {}",
          "Level",
          "public enum Level { Trial, Iteration, Invocation }",
          "Scope",
          "public enum Scope { Benchmark, Group, Thread }",
          "Setup",
          "@Retention(RetentionPolicy.RUNTIME) public @interface Setup {"
              + " Level value() default Level.Trial; }",
          "TearDown",
          "@Retention(RetentionPolicy.RUNTIME) public @interface TearDown {"
              + " Level value() default Level.Trial; }",
          "State",
          "@Retention(RetentionPolicy.RUNTIME) public @interface State { Scope value(); }",
          "Param",
          "@Retention(RetentionPolicy.RUNTIME) public @interface Param {"
              + " String[] value() default {\"blank_blank_blank_2014\"}; }",
          "Threads",
          "@Retention(RetentionPolicy.RUNTIME) public @interface Threads { int value(); }",
          "Fork",
          "@Retention(RetentionPolicy.RUNTIME) public @interface Fork {"
              + " String[] jvmArgs() default {\"blank_blank_blank_2014\"};"
              + " String[] jvmArgsAppend() default {\"blank_blank_blank_2014\"};"
              + " String[] jvmArgsPrepend() default {\"blank_blank_blank_2014\"}; }");

  private static final String BLACKHOLE =
      """
      package org.openjdk.jmh.infra;
      public final class Blackhole {
        private volatile Object last;
        public Blackhole(String challenge) {
          if (!challenge.startsWith("Today's password is swordfish.")) {
            throw new IllegalStateException(challenge);
          }
        }
        public void consume(Object value) { last = value; }
      }
      """;

  private JmhProject() {}

  /**
   * Compiles a class {@code p.B} with this body.
   *
   * @param methods that have {@code @Benchmark}, for the list that JMH writes
   */
  static Path compile(Path directory, String body, List<String> methods) throws IOException {
    Path sources = Files.createDirectories(directory.resolve("src"));
    List<Path> files = new ArrayList<>();
    for (Map.Entry<String, String> type : JMH.entrySet()) {
      files.add(
          Files.writeString(
              sources.resolve(type.getKey() + ".java"),
              "package org.openjdk.jmh.annotations; import java.lang.annotation.*; "
                  + type.getValue()));
    }
    files.add(Files.writeString(sources.resolve("Blackhole.java"), BLACKHOLE));
    files.add(
        Files.writeString(
            sources.resolve("B.java"),
            "package p; import org.openjdk.jmh.annotations.*; import org.openjdk.jmh.infra.*; "
                + body));
    Path classes = Files.createDirectories(directory.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  messages,
                  manager,
                  null,
                  List.of("-proc:none", "-d", classes.toString()),
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      if (!compiled) {
        throw new IllegalArgumentException(messages.toString());
      }
    }
    StringBuilder list = new StringBuilder();
    for (String method : methods) {
      list.append("JMH S 3 p.B S 25 p.jmh_generated.B_b_jmhTe S ")
          .append(method.length())
          .append(' ')
          .append(method)
          .append(" S 10 Throughput E A 1 1 1 E E E E E E E E E E E E E E E E\n");
    }
    Files.createDirectories(classes.resolve("META-INF"));
    Files.writeString(classes.resolve("META-INF/BenchmarkList"), list);
    return classes;
  }
}
