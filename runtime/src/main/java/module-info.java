/**
 * CNN inference: ONNX file to graph to plan to run.
 *
 * <p>What is exported is the contract. How a kernel is written ({@code reference}, {@code vector})
 * stays inside.
 */
module dev.tilewright.runtime {
  requires static transitive org.jspecify;
  requires static jdk.incubator.vector;
  requires jdk.management;
  // Events for a flight recording, where the runtime image has it.
  requires static jdk.jfr;
  // The command line is optional for users of the library.
  requires static java.desktop;
  requires static info.picocli;
  requires static com.google.gson;

  exports dev.tilewright;
  exports dev.tilewright.tensor;
  exports dev.tilewright.kernel;
  exports dev.tilewright.conv;
  exports dev.tilewright.op;
  exports dev.tilewright.backend;
  exports dev.tilewright.database;
  exports dev.tilewright.graph;
  exports dev.tilewright.plan;
  exports dev.tilewright.onnx;
  exports dev.tilewright.pass;
  exports dev.tilewright.zoo;
  exports dev.tilewright.zoo.algorithm;
  exports dev.tilewright.zoo.build;
  exports dev.tilewright.zoo.block;
  exports dev.tilewright.zoo.network;
  exports dev.tilewright.cli;

  opens dev.tilewright.cli to
      info.picocli;
  opens dev.tilewright.cli.ocr to
      info.picocli;

  uses dev.tilewright.backend.Backend;
  uses dev.tilewright.cli.Verb;

  provides dev.tilewright.backend.Backend with
      dev.tilewright.reference.ReferenceBackend,
      dev.tilewright.vector.VectorBackend;
  provides dev.tilewright.cli.Verb with
      dev.tilewright.cli.Db,
      dev.tilewright.cli.Explain,
      dev.tilewright.cli.Inspect,
      dev.tilewright.cli.Optimize,
      dev.tilewright.cli.Run,
      dev.tilewright.cli.ZooVerb,
      dev.tilewright.cli.ocr.Demo;
}
