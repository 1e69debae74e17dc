package dev.tilewright.vector;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.tilewright.tensor.Memory;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/**
 * Writes the part of a kernel's bytecode that surrounds its vectors: addresses, tables, counts and
 * loops.
 *
 * <p>Every value is a local variable. Each address that is computed is masked ({@link Lanes#MASK});
 * displacements added to one are small constants.
 */
abstract class ScalarCode {
  /** The bits of a float in a local variable. */
  record Scalar(int slot) {}

  /** A long (address, offset or stride) in a local variable. */
  record Num(int slot) {}

  /** An int in a local variable. */
  record Count(int slot) {}

  static final ClassDesc SEGMENT = desc(MemorySegment.class);

  final CodeBuilder code;
  private int next;

  /**
   * @param parameters descriptor of the method being written, an instance method
   */
  ScalarCode(CodeBuilder code, MethodTypeDesc parameters) {
    this.code = code;
    next = 1;
    for (ClassDesc p : parameters.parameterList()) {
      next += p.equals(CD_long) ? 2 : 1;
    }
  }

  Num longArgument(int index) {
    return new Num(code.parameterSlot(index));
  }

  Count intArgument(int index) {
    return new Count(code.parameterSlot(index));
  }

  /** Locals made after this are free again once {@link #release} gets the result. */
  int mark() {
    return next;
  }

  void release(int mark) {
    next = mark;
  }

  /** {@code base + displacement}, masked. */
  Num address(Num base, long displacement) {
    return masked(() -> code.lload(base.slot).loadConstant(displacement).ladd());
  }

  /** {@code base + offset}, masked. */
  Num address(Num base, Num offset) {
    return masked(() -> code.lload(base.slot).lload(offset.slot).ladd());
  }

  /** {@code base + index * step}, masked. */
  Num address(Num base, Count index, long step) {
    return masked(
        () -> code.lload(base.slot).iload(index.slot).i2l().loadConstant(step).lmul().ladd());
  }

  /** {@code base + index * step}, masked. */
  Num address(Num base, Count index, Num step) {
    return masked(
        () -> code.lload(base.slot).iload(index.slot).i2l().lload(step.slot).lmul().ladd());
  }

  Count count(int value) {
    int slot = slots(1);
    code.loadConstant(value).istore(slot);
    return new Count(slot);
  }

  /** {@code a + b * factor}. */
  Count plus(Count a, Count b, int factor) {
    int slot = slots(1);
    code.iload(b.slot).loadConstant(factor).imul().iload(a.slot).iadd().istore(slot);
    return new Count(slot);
  }

  Num number(long value) {
    code.loadConstant(value);
    return storeLong();
  }

  /** {@code a + b} of numbers known to be in range, such as an address and {@link #bounded}s. */
  Num sum(Num a, Num b) {
    code.lload(a.slot).lload(b.slot).ladd();
    return storeLong();
  }

  /** The value, which is known to be in 0 .. 2^31 - 1; C2 then knows it too. */
  Num bounded(Num value) {
    code.lload(value.slot).loadConstant((long) Integer.MAX_VALUE).land();
    return storeLong();
  }

  /** All ones if {@code from <= value < to}, else zero. */
  Num inside(long value, Num from, Num to) {
    code.loadConstant(value).lload(from.slot).lsub().loadConstant(-1L).lxor();
    code.loadConstant(value).lload(to.slot).lsub().land().bipush(63).lshr();
    return storeLong();
  }

  /** An address: the first where the mask is all ones, the second where it is zero; masked. */
  Num select(Num mask, Num ones, Num zero) {
    return masked(() ->
        code.lload(ones.slot)
            .lload(zero.slot)
            .lxor()
            .lload(mask.slot)
            .land()
            .lload(zero.slot)
            .lxor());
  }

  /** {@code into = from}. */
  void assign(Num into, Num from) {
    code.lload(from.slot).lstore(into.slot);
  }

  /** {@code index * factor}. */
  Num scaled(Count index, long factor) {
    code.iload(index.slot).i2l().loadConstant(factor).lmul();
    return storeLong();
  }

  /** {@code min(index * step, limit)}. */
  Num least(Count index, long step, Num limit) {
    code.iload(index.slot).i2l().loadConstant(step).lmul().lload(limit.slot);
    code.invokestatic(desc(Math.class), "min", MethodTypeDesc.of(CD_long, CD_long, CD_long));
    return storeLong();
  }

  /** {@code value * factor}. */
  Num times(Num value, long factor) {
    code.lload(value.slot).loadConstant(factor).lmul();
    return storeLong();
  }

  /** {@code a * b}. */
  Num times(Num a, Num b) {
    code.lload(a.slot).lload(b.slot).lmul();
    return storeLong();
  }

  /** The long at {@code at + displacement}. */
  Num loadLong(Num at, long displacement) {
    push(at, displacement, "JAVA_LONG_UNALIGNED", ValueLayout.OfLong.class, CD_long);
    return storeLong();
  }

  /** The non-negative int at {@code at}, widened. */
  Num loadOffset(Num at) {
    push(at, 0, "JAVA_INT_UNALIGNED", ValueLayout.OfInt.class, CD_int);
    // Tells C2 the sign, so that a sum with a masked address stays provably in range.
    code.loadConstant(Integer.MAX_VALUE).iand().i2l();
    return storeLong();
  }

  /** The float at {@code base + offset}; the base is masked, the offset positive. */
  Scalar loadScalar(Num base, Num offset) {
    return loadScalar(() -> code.lload(base.slot).lload(offset.slot).ladd());
  }

  /** The float at {@code base + displacement}. */
  Scalar loadScalar(Num base, long displacement) {
    return loadScalar(() -> code.lload(base.slot).loadConstant(displacement).ladd());
  }

  private Scalar loadScalar(Runnable pushAddress) {
    push("JAVA_INT_UNALIGNED", ValueLayout.OfInt.class, CD_int, pushAddress);
    int slot = slots(1);
    code.istore(slot);
    return new Scalar(slot);
  }

  /** {@code for (i = 0; i < n; i++) body}: the form C2 knows as a counted loop. */
  void loop(Count n, Consumer<Count> body) {
    loop(n, body, i -> code.iinc(i.slot, 1));
  }

  /** As {@link #loop}, in a form that C2 does not know as a counted loop and does not unroll. */
  void rolled(Count n, Consumer<Count> body) {
    loop(
        n,
        body,
        i ->
            code.iload(i.slot)
                .iconst_1()
                .iadd()
                .loadConstant(Integer.MAX_VALUE)
                .iand()
                .istore(i.slot));
  }

  private void loop(Count n, Consumer<Count> body, Consumer<Count> step) {
    Count i = new Count(slots(1));
    Label test = code.newLabel();
    Label end = code.newLabel();
    code.iconst_0().istore(i.slot);
    code.labelBinding(test).iload(i.slot).iload(n.slot).if_icmpge(end);
    body.accept(i);
    step.accept(i);
    code.goto_(test).labelBinding(end);
  }

  private void push(Num at, long displacement, String layout, Class<?> type, ClassDesc value) {
    push(
        layout,
        type,
        value,
        () -> {
          code.lload(at.slot);
          if (displacement != 0) {
            code.loadConstant(displacement).ladd();
          }
        });
  }

  /** Pushes the value in memory at the address that the last argument pushes. */
  final void push(String layout, Class<?> type, ClassDesc value, Runnable pushAddress) {
    code.getstatic(desc(Memory.class), "ALL", SEGMENT)
        .getstatic(desc(ValueLayout.class), layout, desc(type));
    pushAddress.run();
    code.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(value, desc(type), CD_long));
  }

  private Num masked(Runnable push) {
    push.run();
    code.loadConstant(Lanes.MASK).land();
    return storeLong();
  }

  private Num storeLong() {
    Num n = new Num(slots(2));
    code.lstore(n.slot);
    return n;
  }

  final int slots(int n) {
    int slot = next;
    next += n;
    return slot;
  }

  static ClassDesc desc(Class<?> type) {
    return type.describeConstable().orElseThrow();
  }
}
