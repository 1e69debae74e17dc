package dev.tilewright;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs test classes in this JVM, for JVMs that Maven does not start: with flags of their own, or of
 * another architecture. Exit code 1 if one fails or none ran.
 */
public final class SelectedTests {
  private SelectedTests() {}

  /**
   * Runs them.
   *
   * @param classes fully qualified names
   */
  public static void main(String[] classes) {
    List<? extends DiscoverySelector> selectors =
        Arrays.stream(classes).map(name -> selectClass(name)).toList();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectors)
                .filters(ClassNameFilter.includeClassNamePatterns(".*"))
                .build(),
            listener);
    TestExecutionSummary summary = listener.getSummary();
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    summary.printFailuresTo(out, 20);
    out.printf(
        "%d tests on %s: %d passed, %d failed, %d skipped, %d s%n",
        summary.getTestsFoundCount(),
        System.getProperty("os.arch"),
        summary.getTestsSucceededCount(),
        summary.getTotalFailureCount(),
        summary.getTestsSkippedCount() + summary.getTestsAbortedCount(),
        (summary.getTimeFinished() - summary.getTimeStarted()) / 1000);
    boolean good = summary.getTotalFailureCount() == 0 && summary.getTestsSucceededCount() > 0;
    System.exit(good ? 0 : 1);
  }
}
