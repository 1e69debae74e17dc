package dev.tilewright.tuning;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far a tuning is: a bar on a terminal, elsewhere a line for each tenth of the way. It is drawn
 * between races only, for a thread that draws would take part in them.
 */
final class TuneProgress implements ModelTuner.Progress, AutoCloseable {
  private static final int NEVER_MILLIS = Integer.MAX_VALUE;
  private static final int LINE_LENGTH = 100;
  private static final int LINES = 10;

  private final ProgressBar bar;
  private final boolean terminal;
  private int tenths = -1;

  /** Who is to draw: a thread of the library's own does so too, when it begins and ends. */
  private volatile @Nullable Thread drawing;

  /** On standard error if that is a terminal, else in lines to {@code out}. */
  TuneProgress(String name, PrintWriter out, boolean terminal) {
    this.terminal = terminal;
    ProgressBarBuilder builder =
        new ProgressBarBuilder()
            .setTaskName(name)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(NEVER_MILLIS)
            .continuousUpdate() // else it does not draw 0 %
            .hideEta();
    if (terminal) {
      builder.clearDisplayOnFinish();
    } else {
      builder.setConsumer(
          new DelegatingProgressBarConsumer(
              line -> {
                if (Thread.currentThread().equals(drawing)) {
                  out.println(line.stripTrailing());
                  out.flush();
                }
              },
              LINE_LENGTH));
    }
    bar = builder.build();
  }

  @Override
  public void at(int done, int layers, double secondsLeft, double nanosGained) {
    bar.maxHint(layers);
    bar.stepTo(done);
    bar.setExtraMessage(message(done, layers, secondsLeft, nanosGained));
    int reached = layers == 0 ? LINES : LINES * done / layers;
    if (terminal || reached > tenths) {
      tenths = reached;
      drawing = Thread.currentThread();
      bar.refresh();
      drawing = null;
    }
  }

  private static String message(int done, int layers, double secondsLeft, double nanosGained) {
    return String.format(
        Locale.ROOT,
        " %.0f s left, %.1f us gained%s",
        secondsLeft,
        nanosGained / 1e3,
        done == layers ? ", comparing the whole model" : "");
  }

  @Override
  public void close() {
    bar.close();
  }
}
