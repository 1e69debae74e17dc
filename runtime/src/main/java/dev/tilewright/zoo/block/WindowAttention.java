package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.algorithm.SwinWindows;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;
import java.util.Optional;

/**
 * Self-attention inside windows (Liu et al. 2021, Swin transformer, arXiv 2103.14030): softmax(Q
 * K^T / sqrt d + B) V, where B depends on how far apart two tokens of the window are. Takes windows
 * as [images * windows, M*M, C].
 *
 * @param window M
 * @param mask [windows, M*M, M*M], added to the scores as well; see {@link SwinWindows#mask}
 */
public record WindowAttention(int heads, int window, Optional<Tensor> mask)
    implements Block.Single {
  @Override
  public Feature apply(Layers n, Feature x) {
    require(
        x.dim(1) == window * window,
        "window attention: a window has %d tokens, not %d",
        window * window,
        x.dim(1));
    return new SelfAttention(heads, this::placed).apply(n, x);
  }

  private Feature placed(Layers n, Feature scores) {
    int tokens = window * window;
    int places = (2 * window - 1) * (2 * window - 1);
    Feature table = n.parameter("relative_position_bias_table", Role.TABLE, places, heads);
    Feature bias = n.gather(table, 0, SwinWindows.relativeIndex(window));
    bias = n.transpose(n.reshape(bias, tokens, tokens, heads), 2, 0, 1);
    if (mask.isEmpty()) {
      return n.add(scores, bias);
    }
    int windows = mask.get().shape().dim(0);
    require(
        scores.batch() % windows == 0,
        "window attention: the windows of a mask (%d) divide those given (%d)",
        windows,
        scores.batch());
    // Both are known: their sum is made once, and is all that a run adds.
    Feature added = n.add(bias, n.reshape(n.constant(mask.get()), windows, 1, tokens, tokens));
    int images = scores.batch() / windows;
    Feature y = n.add(n.reshape(scores, images, windows, heads, tokens, tokens), added);
    return n.reshape(y, scores.batch(), heads, tokens, tokens);
  }
}
