package dev.tilewright;

import dev.tilewright.plan.Plan;
import jdk.jfr.FlightRecorder;

/** Writes a run, and each of its steps, as events of Java Flight Recorder. */
final class RunEvents implements RunWatch {
  /** Never committed: they answer whether anybody wants such events. */
  private static final class Asked {
    static final RunEvent RUNS = new RunEvent();
    static final LayerEvent LAYERS = new LayerEvent();
  }

  private final RunEvent run = new RunEvent();
  private Plan plan;
  private LayerEvent layer = Asked.LAYERS;

  private RunEvents(Plan first) {
    plan = first;
  }

  /** To define events takes a process 100 ms, so not before there is a recorder. */
  static boolean areEnabled() {
    return FlightRecorder.isInitialized() && (Asked.RUNS.isEnabled() || Asked.LAYERS.isEnabled());
  }

  /** Runs an execution whose session has been entered. */
  static void run(Execution execution) {
    RunEvents events = new RunEvents(execution.plan());
    events.run.begin();
    execution.run(events);
    events.run.end();
    if (events.run.shouldCommit()) {
      events.run.threads = execution.plan().threads();
      events.run.commit();
    }
  }

  @Override
  public void stage(Plan next) {
    plan = next;
    run.stages++;
    run.steps += next.steps().size();
    run.macs += next.macs();
  }

  @Override
  public void begin(int step) {
    layer = new LayerEvent();
    layer.begin();
  }

  @Override
  public void end(int step) {
    layer.end();
    if (layer.shouldCommit()) {
      Plan.Step of = plan.steps().get(step);
      layer.stage = run.stages;
      layer.step = step + 1;
      layer.name = of.layer();
      layer.op = of.op();
      layer.kernel = of.choice().algorithm();
      layer.tile = of.choice().tile();
      layer.key = of.key();
      layer.threads = of.threads();
      layer.macs = of.macs();
      layer.commit();
    }
  }
}
