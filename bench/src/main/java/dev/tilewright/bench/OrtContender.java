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
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  OrtContender(byte[] model, Map<String, Tensor> inputs, int threads) {
    OrtEnvironment environment =
        OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "compare");
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      session = environment.createSession(model, options);
      for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
        this.inputs.put(input.getKey(), tensor(environment, input.getValue()));
      }
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
    }
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

  private static OnnxTensor tensor(OrtEnvironment environment, Tensor source) throws OrtException {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(source.data().byteSize()))
            .order(ByteOrder.nativeOrder());
    MemorySegment.ofBuffer(bytes).copyFrom(source.data());
    long[] shape = source.shape().dims().stream().mapToLong(Integer::longValue).toArray();
    return switch (source.dtype()) {
      case FLOAT32 -> OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), shape);
      case INT64 -> OnnxTensor.createTensor(environment, bytes.asLongBuffer(), shape);
      case INT32 -> OnnxTensor.createTensor(environment, bytes.asIntBuffer(), shape);
      case BOOL -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.BOOL);
      case UINT8 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.UINT8);
      case INT8 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.INT8);
    };
  }

  private static Tensor copy(OnnxTensor tensor) {
    TensorInfo info = tensor.getInfo();
    DType dtype =
        switch (info.type) {
          case FLOAT -> DType.FLOAT32;
          case INT64 -> DType.INT64;
          case INT32 -> DType.INT32;
          case BOOL -> DType.BOOL;
          case UINT8 -> DType.UINT8;
          case INT8 -> DType.INT8;
          default -> throw new IllegalStateException("no comparison of " + info.type + " outputs");
        };
    Shape shape = new Shape(Arrays.stream(info.getShape()).mapToObj(Math::toIntExact).toList());
    return new Tensor(new TensorType(dtype, shape), MemorySegment.ofBuffer(tensor.getByteBuffer()));
  }
}
