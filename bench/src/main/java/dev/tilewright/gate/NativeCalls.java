package dev.tilewright.gate;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/**
 * Counts a side's calls into the C library: its classes are loaded once more with an increment
 * before each such call, and what they do is not timed. One count for each class loader.
 */
public final class NativeCalls {
  private static final String LIBRARY = "dev/tilewright/cnative/";
  private static final String PREFIX = "tw_";
  private static final ClassDesc HERE = ClassDesc.of(NativeCalls.class.getName());

  private static long calls;

  private NativeCalls() {}

  /** One more. Called by transformed classes, on the one thread that runs a subject. */
  public static void count() {
    calls++;
  }

  /** How many since this was last asked. */
  public static long taken() {
    long taken = calls;
    calls = 0;
    return taken;
  }

  /** The class with its calls counted. */
  static byte[] counted(byte[] code) {
    CodeTransform increments =
        (builder, element) -> {
          if (element instanceof InvokeInstruction call
              && call.owner().asInternalName().startsWith(LIBRARY)
              && call.name().stringValue().startsWith(PREFIX)) {
            builder.invokestatic(HERE, "count", MethodTypeDesc.of(ConstantDescs.CD_void));
          }
          builder.with(element);
        };
    ClassFile file = ClassFile.of();
    return file.transformClass(
        file.parse(code), ClassTransform.transformingMethodBodies(increments));
  }
}
