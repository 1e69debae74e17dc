package dev.tilewright.pass;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import java.util.List;
import java.util.function.Supplier;

/** The order in which a freshly imported graph is rewritten. Order matters; each line says why. */
public final class Passes {
  static final List<Supplier<Pass>> STANDARD =
      List.of(
          SinkTransposes::new, // first: what follows sees neighbours, not the layout between them
          RaiseTransposes::new, // so that branches of one image begin at one value
          MergeDuplicates::new, // likewise; and before the others look for sole uses
          Simplify::new, // a factor of 1 would hide the activation it is part of
          RecogniseActivations::new, // before folding takes their constants apart
          RecogniseNormalizations::new, // likewise, and folding takes their scale and shift
          FoldAffine::new, // before the activation, which would stand between conv and its norm
          FoldPad::new,
          MatMulToConv::new, // before the epilogues, so that fully connected layers get them too
          FoldAffine::new, // the bias of what was a MatMul until the line above
          CollapseLinear::new, // before activations and sums go into the epilogues
          AffineToConv::new, // what no convolution took
          SplitTransposedConv::new, // likewise: its convolution wants an activation
          FuseEpilogue::new);

  private Passes() {}

  public static Graph standard(Graph graph, GraphBuilder.Folder folder) {
    for (Supplier<Pass> pass : STANDARD) {
      graph = Rewriter.apply(pass.get(), graph, folder);
    }
    return graph;
  }
}
