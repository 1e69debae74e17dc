package dev.tilewright.vector;

/** The Java kernels. */
class VectorOperatorsTest extends OperatorsTest {
  VectorOperatorsTest() {
    super(VectorOperators::kernel, false);
  }
}
