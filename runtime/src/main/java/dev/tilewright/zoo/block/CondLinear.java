package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;

/** The fully connected layer of {@link CondConv}: routed by its input [N, in] itself. */
public record CondLinear(int outputs, int experts) implements Block.Single {
  public CondLinear {
    require(
        outputs > 0 && experts > 0,
        "CondConv: there is at least one expert and one output, not %d and %d",
        experts,
        outputs);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    require(x.shape().rank() == 2, "CondConv: a fully connected layer takes [N, in]");
    int in = x.dim(1);
    Feature alpha = n.sigmoid(n.linear("r", x, experts));
    Feature weight = n.parameter("w", Role.EXPERTS, experts, outputs, in);
    Feature mixed = n.matmul(alpha, n.reshape(weight, experts, outputs * in));
    Feature column = n.reshape(x, x.batch(), in, 1);
    Feature y = n.matmul(n.reshape(mixed, x.batch(), outputs, in), column);
    Feature bias = n.matmul(alpha, n.parameter("b", Role.BIAS, experts, outputs));
    return n.add(n.reshape(y, x.batch(), outputs), bias);
  }
}
