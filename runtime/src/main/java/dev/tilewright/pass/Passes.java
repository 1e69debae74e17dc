package dev.tilewright.pass;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The order in which a freshly imported graph is rewritten. Order matters; each line says why. */
public final class Passes {
  /** What any runtime profits from: what is left are operators of the model format. */
  static final List<Supplier<Pass>> PORTABLE =
      List.of(
          SinkTransposes::new, // first: what follows sees neighbours, not the layout between them
          RaiseTransposes::new, // so that branches of one image begin at one value
          MergeDuplicates::new, // likewise; and before the others look for sole uses
          Simplify::new, // a factor of 1 would hide the activation it is part of
          RecogniseActivations::new, // before folding takes their constants apart
          RecogniseNormalizations::new, // likewise, and folding takes their scale and shift
          FoldAffine::new, // before the activation, which would stand between conv and its norm
          FoldPad::new,
          CollapseLinear::new, // of what has no affine arithmetic left between layers
          AffineIntoProduct::new, // likewise, of what flattening an image hides from it
          MixAfterProduct::new, // of products that are left as the model has them
          ConvIntoFullyConnected::new, // of what convolutions are left beside a dense layer
          GroupZeros::new, // of what stayed a filter of its own
          JoinSiblings::new, // likewise
          ShareGathers::new, // what no siblings share
          ShareOrders::new, // of what was grouped
          SinkChannelOrder::new); // of what those before it brought into order

  /** What suits the kernels here. */
  static final List<Supplier<Pass>> DEVICE =
      List.of(
          FuseAttention::new, // before what scales queries is folded elsewhere
          MatMulToConv::new, // before the epilogues, so that fully connected layers get them too
          FoldAffine::new, // the bias of what was a MatMul until the line above
          AffineToConv::new, // what no convolution took
          SplitTransposedConv::new, // likewise: its convolution wants an activation
          ComposeMoves::new, // of what the fusions and folds before it left
          SinkRowOrder::new, // of what that brought into order; an epilogue may want its place
          OrderPooling::new, // where convolutions take activations, and before they do
          FuseEpilogue::new,
          ScaleIntoFilter::new); // last: whoever looks for known filters has seen them

  static final List<Supplier<Pass>> STANDARD =
      Stream.concat(PORTABLE.stream(), DEVICE.stream()).toList();

  private Passes() {}

  public static Graph standard(Graph graph, GraphBuilder.Folder folder) {
    return apply(STANDARD, graph, folder, (pass, after) -> {});
  }

  /**
   * The rewrites alone whose result other runtimes can use as well.
   *
   * @param each told the name of every pass and the graph after it
   */
  public static Graph portable(
      Graph graph, GraphBuilder.Folder folder, BiConsumer<String, Graph> each) {
    return apply(PORTABLE, graph, folder, each);
  }

  private static Graph apply(
      List<Supplier<Pass>> passes,
      Graph graph,
      GraphBuilder.Folder folder,
      BiConsumer<String, Graph> each) {
    for (Supplier<Pass> supplier : passes) {
      Pass pass = supplier.get();
      graph = Rewriter.apply(pass, graph, folder);
      each.accept(pass.getClass().getSimpleName(), graph);
    }
    return graph;
  }
}
