package dev.tilewright.bench;

import static java.util.stream.Collectors.groupingBy;

import com.google.gson.stream.JsonWriter;
import dev.tilewright.Timeline;
import dev.tilewright.Timeline.Slice;
import dev.tilewright.plan.Plan;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Map;

/**
 * One run in the trace event format of Chrome, which Perfetto (ui.perfetto.dev) and
 * chrome://tracing open: a track of the steps, and under it one for each thread with the parts that
 * it computed. Gaps are idle.
 */
final class ChromeTrace {
  /** Of the steps: before the threads. */
  private static final int STEPS_TRACK = 0;

  private ChromeTrace() {}

  static void write(Profile profile, Writer writer) throws IOException {
    JsonWriter json = new JsonWriter(writer);
    json.beginObject().name("displayTimeUnit").value("ns").name("traceEvents").beginArray();
    named(json, "process_name", STEPS_TRACK, profile.model());
    named(json, "thread_name", STEPS_TRACK, "steps");
    for (int thread = 0; thread < profile.roofline().threads(); thread++) {
      named(
          json,
          "thread_name",
          track(thread),
          thread == 0 ? "thread 0 (caller)" : "thread " + thread);
    }
    List<Timeline.Stage> stages = profile.typical().stages();
    List<Map<Integer, List<Slice>>> slices =
        stages.stream().map(s -> s.slices().stream().collect(groupingBy(Slice::step))).toList();
    for (LayerTime layer : profile.layers()) {
      Timeline.Span span = stages.get(layer.stage()).steps().get(layer.index());
      begin(json, layer, STEPS_TRACK, span);
      Plan.Step step = layer.step();
      json.name("number").value(layer.number(profile.isStaged()));
      json.name("key").value(step.key());
      json.name("kernel").value(step.choice().algorithm());
      json.name("tile").value(step.choice().tile());
      json.name("origin").value(step.choice().origin().name());
      json.name("macs").value(step.macs());
      json.name("bytes").value(step.bytes());
      json.name("median us").value(layer.nanos().value() / 1e3);
      json.name("estimated us").value(step.choice().nanos() / 1e3);
      json.endObject().endObject();
      for (Slice slice : slices.get(layer.stage()).getOrDefault(layer.index(), List.of())) {
        begin(json, layer, track(slice.thread()), slice.span());
        json.name("from part").value(slice.from()).name("to part").value(slice.to());
        json.endObject().endObject();
      }
    }
    json.endArray().endObject();
    json.flush();
  }

  private static int track(int thread) {
    return thread + 1;
  }

  /** A complete event, its arguments begun. */
  private static void begin(JsonWriter json, LayerTime layer, int track, Timeline.Span span)
      throws IOException {
    json.beginObject().name("name").value(layer.step().layer());
    json.name("cat").value(layer.kind()).name("ph").value("X");
    json.name("pid").value(1).name("tid").value(track);
    json.name("ts").value(span.begin() / 1e3).name("dur").value(span.nanos() / 1e3);
    json.name("args").beginObject();
  }

  private static void named(JsonWriter json, String what, int track, String name)
      throws IOException {
    json.beginObject().name("name").value(what).name("ph").value("M");
    json.name("pid").value(1).name("tid").value(track);
    json.name("args").beginObject().name("name").value(name).endObject().endObject();
  }
}
