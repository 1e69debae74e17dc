package dev.tilewright.conv;

/**
 * What happens to an accumulator before it is stored, in this order: add bias, add residual, apply
 * the activation. Fused, because the value is still in a register.
 *
 * @param bias whether a vector of K values is added
 * @param residual whether a tensor of the shape of dst is added
 */
public record Epilogue(boolean bias, boolean residual, Activation activation) {
  public static final Epilogue NONE = new Epilogue(false, false, Activation.none());

  public Epilogue withActivation(Activation with) {
    return new Epilogue(bias, residual, with);
  }
}
