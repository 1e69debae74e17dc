package dev.tilewright;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One run of a session. Off unless a recording asks for it by name. */
@Name("dev.tilewright.Run")
@Label("Network Run")
@Description("One run of a network, all of its stages")
@Category("Tilewright")
@Enabled(false)
@StackTrace(false)
final class RunEvent extends Event {
  @Label("Stages")
  @Description("Plans that were run: several if shapes depend on data")
  int stages;

  @Label("Steps")
  int steps;

  @Label("Threads")
  int threads;

  @Label("MACs")
  @Description("Multiply-accumulates of the plans")
  long macs;
}
