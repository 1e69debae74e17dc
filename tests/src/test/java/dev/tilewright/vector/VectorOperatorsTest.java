package dev.tilewright.vector;

final class VectorOperatorsTest extends OperatorsTest {
  VectorOperatorsTest() {
    super(new VectorBackend()::operator, false);
  }
}
