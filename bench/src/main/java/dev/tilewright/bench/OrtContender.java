package dev.tilewright.bench;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tuning.Contender;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime's CPU provider as it comes: default graph optimisation, one operator at a time, the
 * given number of intra-operator threads, and its pool's spinning left on, which is its fastest
 * setting (docs/benchmarking.md says how its spinning is kept from disturbing the other side).
 */
final class OrtContender implements Contender {
  private final OrtSession session;
  private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
  private OrtSession.@Nullable Result result;

  private interface Opening {
    OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options)
        throws OrtException;
  }

  OrtContender(byte[] model, Map<String, Tensor> inputs, int threads) {
    this((environment, options) -> environment.createSession(model, options), inputs, threads);
  }

  /** Of a file, which it reads by itself. */
  OrtContender(Path model, Map<String, Tensor> inputs, int threads) {
    this(
        (environment, options) -> environment.createSession(model.toString(), options),
        inputs,
        threads);
  }

  private OrtContender(Opening model, Map<String, Tensor> inputs, int threads) {
    OrtEnvironment environment =
        OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "compare");
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      session = model.open(environment, options);
      Map<String, OnnxJavaType> types = inputTypes(session);
      for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
        OnnxJavaType type = types.get(input.getKey());
        this.inputs.put(input.getKey(), tensor(environment, input.getValue(), type));
      }
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
    }
  }

  /**
   * ONNX Runtime's.
   *
   * @throws LinkageError if it, or its library for this system, is missing
   */
  static String version() {
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "compare")
        .getVersion();
  }

  @Override
  public String name() {
    return "onnxruntime";
  }

  @Override
  public void run() {
    if (result != null) {
      result.close();
    }
    try {
      result = session.run(inputs);
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
    }
  }

  @Override
  public Map<String, Tensor> outputs() {
    if (result == null) {
      throw new IllegalStateException("not run yet");
    }
    Map<String, Tensor> outputs = new LinkedHashMap<>();
    for (Map.Entry<String, OnnxValue> output : result) {
      if (output.getValue() instanceof OnnxTensor tensor) {
        outputs.put(output.getKey(), copy(tensor));
      }
    }
    return outputs;
  }

  @Override
  public void close() {
    if (result != null) {
      result.close();
    }
    inputs.values().forEach(OnnxTensor::close);
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
    }
  }

  private static Map<String, OnnxJavaType> inputTypes(OrtSession session) throws OrtException {
    Map<String, OnnxJavaType> types = new LinkedHashMap<>();
    session
        .getInputInfo()
        .forEach((name, info) -> {
          if (info.getInfo() instanceof TensorInfo tensor) {
            types.put(name, tensor.type);
          }
        });
    return types;
  }

  private static OnnxTensor tensor(
      OrtEnvironment environment, Tensor source, @Nullable OnnxJavaType wanted)
      throws OrtException {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(source.data().byteSize()))
            .order(ByteOrder.nativeOrder());
    MemorySegment.ofBuffer(bytes).copyFrom(source.data());
    long[] shape = source.shape().dims().stream().mapToLong(Integer::longValue).toArray();
    if (wanted == OnnxJavaType.FLOAT16) {
      short[] halves = new short[Math.toIntExact(source.shape().elements())];
      for (int i = 0; i < halves.length; i++) {
        halves[i] = Float.floatToFloat16(bytes.getFloat(4 * i));
      }
      return OnnxTensor.createTensor(environment, halves(halves), shape, OnnxJavaType.FLOAT16);
    }
    return switch (source.dtype()) {
      case FLOAT32 -> OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), shape);
      case INT64 -> OnnxTensor.createTensor(environment, bytes.asLongBuffer(), shape);
      case INT32 -> OnnxTensor.createTensor(environment, bytes.asIntBuffer(), shape);
      case BOOL -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.BOOL);
      case UINT8 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.UINT8);
      case INT8 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.INT8);
      case INT16 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.INT16);
      case UINT16, UINT32, UINT64 ->
          throw new IllegalStateException("the Java API has no tensors of " + source.type());
    };
  }

  private static ShortBuffer halves(short[] values) {
    return ByteBuffer.allocateDirect(2 * values.length)
        .order(ByteOrder.nativeOrder())
        .asShortBuffer()
        .put(values)
        .rewind();
  }

  private static Tensor copy(OnnxTensor tensor) {
    TensorInfo info = tensor.getInfo();
    Shape shape = new Shape(Arrays.stream(info.getShape()).mapToObj(Math::toIntExact).toList());
    if (info.type == OnnxJavaType.FLOAT16 || info.type == OnnxJavaType.BFLOAT16) {
      FloatBuffer widened = tensor.getFloatBuffer();
      float[] values = new float[widened.remaining()];
      widened.get(values);
      return Tensor.of(shape, values); // as this runtime presents them
    }
    DType dtype =
        switch (info.type) {
          case FLOAT -> DType.FLOAT32;
          case INT64 -> DType.INT64;
          case INT32 -> DType.INT32;
          case BOOL -> DType.BOOL;
          case UINT8 -> DType.UINT8;
          case INT8 -> DType.INT8;
          case INT16 -> DType.INT16;
          default -> throw new IllegalStateException("no comparison of " + info.type + " outputs");
        };
    return new Tensor(new TensorType(dtype, shape), MemorySegment.ofBuffer(tensor.getByteBuffer()));
  }
}
