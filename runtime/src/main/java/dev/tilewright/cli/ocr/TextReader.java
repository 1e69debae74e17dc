package dev.tilewright.cli.ocr;

import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.cli.Picture;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Both networks, ready to read pictures; remembers what it ran and how long each stage took. */
final class TextReader implements AutoCloseable {
  /** Lines spelled with less confidence are rather ornament than text. */
  private static final double MIN_CONFIDENCE = 0.5;

  private final Map<String, Double> milliseconds = new LinkedHashMap<>();
  private final Map<String, Plan> plans = new LinkedHashMap<>();
  private final SessionOptions options;
  private final Model detection;
  private final Model recognition;
  private final Session detecting;
  private final Session recognising;
  private final CtcDecoder decoder;

  /** A line of text, and where it is. */
  record Line(String text, double confidence, Box box) {}

  TextReader(SessionOptions options) throws IOException {
    long start = System.nanoTime();
    this.options = options;
    decoder = OcrModels.decoder();
    detection = Model.of(OcrModels.read(OcrModels.DETECTION));
    recognition = Model.of(OcrModels.read(OcrModels.RECOGNITION));
    detecting = detection.session(options);
    recognising = recognition.session(options);
    took("load", start);
  }

  /** The lines of a picture in reading order. */
  List<Line> read(Picture picture) {
    long start = System.nanoTime();
    plan(detection, Detector.inputShape(picture));
    took("plan", start);

    start = System.nanoTime();
    List<BoxFinder.Found> boxes =
        new Detector(input -> run(detection, detecting, input)).detect(picture);
    took("detect", start);

    start = System.nanoTime();
    boxes.forEach(found -> plan(recognition, Recogniser.inputShape(found.box())));
    took("plan", start);

    start = System.nanoTime();
    Recogniser recogniser = new Recogniser(input -> run(recognition, recognising, input), decoder);
    List<Line> lines = new ArrayList<>();
    for (BoxFinder.Found found : boxes) {
      CtcDecoder.Text text = recogniser.read(picture, found.box());
      if (text.confidence() >= MIN_CONFIDENCE) {
        lines.add(new Line(text.text(), text.confidence(), found.box()));
      }
    }
    took("recognise", start);
    return lines;
  }

  /** Time spent so far by stage: load, plan, detect, recognise; detect includes finding boxes. */
  Map<String, Double> milliseconds() {
    return milliseconds;
  }

  /** The plans that ran. */
  Collection<Plan> plans() {
    return plans.values();
  }

  private void plan(Model model, Shape shape) {
    String key = (model == detection ? "detection " : "recognition ") + shape;
    plans.computeIfAbsent(
        key, _ -> model.plan(Map.of(model.inputs().getFirst().name(), shape), options));
  }

  private static Tensor run(Model model, Session session, Tensor input) {
    return session.run(Map.of(model.inputs().getFirst().name(), input)).values().iterator().next();
  }

  private void took(String stage, long start) {
    milliseconds.merge(stage, (System.nanoTime() - start) / 1e6, Double::sum);
  }

  @Override
  public void close() {
    detecting.close();
    recognising.close();
    detection.close();
    recognition.close();
  }
}
